// The video room: puts its parts together and says what happens.

import { can, memory } from "./browser.js";
import { Call } from "./call.js";
import { chat } from "./chat.js";
import { visitClock } from "./clock.js";
import { CAMERA } from "./devices.js";
import { ring, watchNews } from "./news.js";
import { panels, shortcuts } from "./panels.js";
import { peopleList } from "./people.js";
import { watchQuality } from "./quality.js";
import { canPopOut, keepAwake, popOut, toggleFullScreen } from "./screen.js";
import { Seats } from "./seats.js";
import { Self } from "./self.js";
import { leave, pollState, post, sayGoodbye, setClock } from "./server.js";
import { put, say } from "./words.js";

const byId = (id) => document.getElementById(id);
const root = byId("room");
const trouble = byId("trouble");
const { dataset } = root;
const STATE_EVERY = 15000; // milliseconds; keeps the login alive and sees an end that the line did not bring
const POOR_FOR = 12000; // milliseconds of a poor line until «sound only» is offered
const THANKS = 6000; // milliseconds that «noted» takes room beside the picture
const READ_FIRST = 1500; // milliseconds that «the visit is over» stands before the page changes

let iceServers = JSON.parse(dataset.iceServers || "[]");
let others = null; // names by seat, null until the room has told
let leaving = false;

setClock(dataset.serverNow);

const status = (text) => put(byId("room-status"), text);

function alert(text) {
  put(byId("room-alert"), text);
  if (text) setTimeout(() => byId("room-alert").textContent === text && put(byId("room-alert"), ""), 10000);
}

// ---- the parts

const self = new Self(alert);
const call = new Call({ offerUrl: dataset.offerUrl, iceServers: () => iceServers, tracks: () => self.tracks });
const seats = new Seats(byId("stage"), byId("tile-template"), () => (byId("start-sound").hidden = false));
const showPeople = peopleList(byId("people"), (seat, kind) => call.say({ type: "mute", seat, kind }));
const showChat = chat(byId("chat"), byId("toggle-chat"), document.documentElement.lang, (text) =>
  call.say({ type: "chat", text }),
);

seats.chooseSpeaker(memory.get("speaker") ?? "");
self.addEventListener("speaker", ({ detail }) => seats.chooseSpeaker(detail));
self.addEventListener("track", async ({ detail: kind }) => {
  // Back from «sound only»: a picture needs a connection that has room for it.
  if (kind === CAMERA && self.tracks[CAMERA] && !call.withPicture && call.state === "connected") return call.join();
  return call.send(kind, self.tracks[kind], { screen: kind === CAMERA && Boolean(self.screen) });
});
self.addEventListener("state", () => {
  call.say(self.told);
  if (self.screen) status(atRest());
});

// ---- the line

const atRest = () => say(self.screen ? "sharing" : call.withPicture ? "connected" : "soundOnly");

call.addEventListener("state", ({ detail: state }) => {
  dataset.connection = state;
  if (state === "connected") {
    trouble.hidden = true;
    alert("");
    status(atRest());
    return;
  }
  put(byId("quality"), "");
  if (state === "failed") {
    status(say("unreachable"));
    trouble.hidden = false;
  } else if (state !== "ended") status(say(state));
});
call.addEventListener("open", () => call.say(self.told));
call.addEventListener("connected", () => latest && hereIs(latest));
call.addEventListener("refused", ({ detail: { next, words } }) => {
  status(words ?? "");
  // A page that leads to itself would load again for ever: it happens when a restored database says another thing.
  finish(next && next !== location.pathname ? next : dataset.doneUrl);
});

watchQuality(call, (word, poorFor) => {
  root.dataset.quality = word;
  put(byId("quality"), say({ good: "qualityGood", fair: "qualityFair", poor: "qualityPoor" }[word]));
  if (poorFor > POOR_FOR && call.withPicture) trouble.hidden = false;
});

// ---- what the room tells

let latest = null;

function hereIs(participants) {
  latest = participants;
  // A last word on the old line, or a first one on a line that does not stand yet: shown when it does.
  if (call.state !== "connected") return;
  const before = others;
  const shown = participants.filter(({ seat }) => seat !== call.seat);
  others = new Map(shown.map(({ seat, name }) => [seat, name]));
  seats.show(shown, (mid) => call.track(mid));
  showPeople(participants, call.seat);
  root.classList.toggle("is-alone", shown.length === 0);
  const away = shown.find(({ state }) => state === "reconnecting");
  const came = before && shown.find(({ seat }) => !before.has(seat));
  const went = before && [...before].find(([seat]) => !others.has(seat));
  if (away) status(say("otherReconnecting", away.name));
  else if (came) status(say("joined", came.name));
  else if (went && shown.length) status(say("left", went[1]));
  else if (went) status(`${say("left", went[1])} ${say("alone")}`);
  else if (shown.length === 0) status(say("alone"));
  else status(atRest());
}

const hear = {
  here: ({ participants }) => hereIs(participants),
  chat: (line) => showChat(line, line.seat === call.seat),
  mute_request({ kind, by }) {
    if (kind === "audio") self.setMicrophone(false);
    else self.setCamera(false);
    alert(say(kind === "audio" ? "mutedBy" : "cameraOffBy", by));
  },
  taken_over() {
    stop();
    status(say("takenOver"));
    byId("taken-over").hidden = false;
    byId("take-back").focus();
  },
  removed: () => sayAndFinish("removed"),
  ended: () => sayAndFinish("ended"),
};
call.addEventListener("message", ({ detail }) => hear[detail.type]?.(detail));

// ---- going

function stop() {
  call.close();
  self.end();
  seats.show([], () => null);
  trouble.hidden = true;
}

function finish(address) {
  if (leaving) return;
  leaving = true;
  stop();
  poll.stop();
  location.replace(address);
}

function sayAndFinish(key) {
  stop();
  status(say(key));
  setTimeout(finish, READ_FIRST, dataset.doneUrl);
}

byId("leave").addEventListener("click", async () => {
  const live = call.state !== "ended";
  stop();
  poll.stop();
  if (live) await leave(dataset.leaveUrl);
  finish(dataset.doneUrl);
});
addEventListener("pagehide", () => {
  // Whoever has lost the seat to another device must not take it away from there.
  if (call.state !== "ended" && !leaving) sayGoodbye(dataset.leaveUrl, call.connections);
});

const poll = pollState(dataset.stateUrl, {
  wait: STATE_EVERY,
  tell(state) {
    if (state.ice_servers) iceServers = state.ice_servers;
    if ((state.state === "over" || state.state === "removed") && state.next) finish(state.next);
  },
});

// ---- buttons

panels([byId("toggle-chat"), byId("toggle-people"), byId("choose-devices")]);
shortcuts(root);
const hideControl = (id) => (byId(id).parentElement.hidden = true);
if (!can.fullScreen()) hideControl("full-screen");
if (!canPopOut()) hideControl("picture-in-picture");
byId("full-screen").addEventListener("click", () => toggleFullScreen(root));
document.addEventListener("fullscreenchange", () => {
  const { on, off } = byId("full-screen").dataset;
  put(byId("full-screen").querySelector("[data-part=words]"), document.fullscreenElement ? off : on);
});
byId("picture-in-picture").addEventListener("click", () => popOut(seats.main));
byId("start-sound").addEventListener("click", () => {
  byId("start-sound").hidden = true;
  seats.play();
});
byId("try-again").addEventListener("click", () => call.rejoin());
byId("sound-only").addEventListener("click", () => {
  trouble.hidden = true;
  self.stopSharing();
  self.setCamera(false);
  call.join({ withPicture: false });
});
byId("take-back").addEventListener("click", () => {
  byId("taken-over").hidden = true;
  self.begin(dataset.with);
  call.join();
});
byId("confirm-alone").addEventListener("click", async () => {
  try {
    if (!(await post(dataset.confirmUrl)).ok) return;
  } catch {
    return alert(say("unreachable"));
  }
  byId("confirm-people").hidden = true;
  byId("confirmed").hidden = false;
  setTimeout(() => (byId("confirmed").hidden = true), THANKS);
});

// ---- begin: the offer goes out while the camera opens; nobody waits for the other

if (byId("visit-clock")) visitClock(byId("visit-clock"));
watchNews("doctor-panel", ({ say: words }, more) => {
  if (!more) return;
  alert(words ?? "");
  ring();
});
keepAwake();
document.addEventListener("visibilitychange", () => document.hidden || seats.play());
self.begin(dataset.with);
call.join();
