// Camera, microphone and loudspeaker tried before the visit: permission, picture, talk bar, test sound.

import { browserNames, can, memory } from "./browser.js";
import { CAMERA, Devices, MICROPHONE, NoDevice, offerDevices } from "./devices.js";
import { listen, playTestSound } from "./sound.js";

const byId = (id) => document.getElementById(id);
const root = byId("check");
const begin = byId("check-begin");
const busy = byId("check-busy");
const picture = byId("check-picture");
const level = byId("check-level");
const levelText = byId("check-level-text");
const devices = new Devices();
const selects = { camera: byId("check-camera"), microphone: byId("check-microphone"), speaker: byId("check-speaker") };

const HEARD = 0.35; // as loud as somebody who talks
const SILENT_AFTER = 8000; // milliseconds without one sample that is not zero
let stopListening = () => {};

// ---- help

function showHelp(word) {
  for (const help of root.querySelectorAll("[data-help]")) help.hidden = help.dataset.help !== word;
  const help = word && root.querySelector(`[data-help="${word}"]`);
  if (!help) return;
  const lines = [...help.querySelectorAll("[data-browser]")];
  const fits = browserNames().map((name) => lines.find((line) => line.dataset.browser === name)).find(Boolean);
  for (const line of lines) line.hidden = line !== fits;
}

// ---- picture and talk bar

function showPicture() {
  const track = devices.tracks[CAMERA];
  byId("check-picture-box").hidden = !track;
  picture.srcObject = track ? new MediaStream([track]) : null;
  picture.classList.toggle("mirrored", track?.getSettings().facingMode !== "environment");
}

function say(words) {
  if (levelText.textContent !== words) levelText.textContent = words;
}

function showSound() {
  stopListening();
  const track = devices.tracks[MICROPHONE];
  byId("check-sound-box").hidden = !track;
  if (!track) return;
  const since = performance.now();
  let anything = false;
  let heard = false;
  say(levelText.dataset.quiet);
  stopListening = listen(track, (loudness, dead) => {
    level.value = loudness;
    if (!dead && !anything) {
      anything = true;
      if (!root.querySelector("[data-help='silent']")?.hidden) showHelp(null);
    }
    if (loudness > HEARD && !heard) {
      heard = true;
      say(levelText.dataset.good);
    }
    if (!anything && performance.now() - since > SILENT_AFTER) showHelp("silent");
  });
}

devices.addEventListener("change", ({ detail: kind }) => (kind === CAMERA ? showPicture() : showSound()));
devices.addEventListener("gone", () => showHelp("no-device"));

// ---- choice of devices

async function showChoices() {
  const used = (kind) => devices.tracks[kind]?.getSettings().deviceId ?? memory.get(kind);
  const counts = await Promise.all([
    offerDevices(selects.camera, CAMERA, used(CAMERA)),
    offerDevices(selects.microphone, MICROPHONE, used(MICROPHONE)),
    can.chooseSpeaker() ? offerDevices(selects.speaker, "speaker", memory.get("speaker")) : 0,
  ]);
  if (!can.chooseSpeaker()) selects.speaker.closest("[data-field]").hidden = true;
  byId("check-devices").hidden = !counts.some((count) => count > 1);
}

for (const kind of [CAMERA, MICROPHONE]) {
  selects[kind].addEventListener("change", async () => {
    try {
      await devices.choose(kind, selects[kind].value);
      showHelp(null);
    } catch (error) {
      showHelp(error.word);
    }
    showChoices();
  });
}
selects.speaker.addEventListener("change", () => memory.set("speaker", selects.speaker.value));
navigator.mediaDevices?.addEventListener?.("devicechange", () => begin.hidden && showChoices());

// ---- the steps

async function open() {
  busy.hidden = false;
  begin.disabled = true;
  showHelp(null);
  try {
    if (!can.call()) throw new NoDevice(window.isSecureContext ? "unsupported" : "insecure");
    await devices.open([MICROPHONE, CAMERA]);
    begin.hidden = true;
    const { missing } = devices;
    if (missing) showHelp(missing.kind === CAMERA && missing.word === "no-device" ? "no-camera" : missing.word);
    byId("check-ok").hidden = Boolean(missing);
    await showChoices();
  } catch (error) {
    showHelp(error.word ?? "unsupported");
  }
  busy.hidden = true;
  begin.disabled = false;
}

begin.addEventListener("click", open);
for (const button of root.querySelectorAll("[data-retry]")) button.addEventListener("click", open);
byId("check-play").addEventListener("click", async () => {
  byId("check-played").hidden = true;
  await playTestSound(memory.get("speaker"));
  byId("check-played").hidden = false;
});
// The next page opens them itself; two pages with one camera is one too many on some phones.
addEventListener("pagehide", () => devices.closeAll());
if (!window.isSecureContext) showHelp("insecure");
else if (!can.capture() || !can.call()) showHelp("unsupported");
