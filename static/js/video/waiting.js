// The waiting room: what the doctor knows and says, and into the room by itself when admitted.

import { CAMERA, Devices, isGranted } from "./devices.js";
import { later } from "./pulse.js";
import { pollState, setClock } from "./server.js";

const byId = (id) => document.getElementById(id);
const root = byId("waiting");
const TROUBLE_AFTER = 3; // unanswered questions in a row until it is said
const devices = new Devices();
let going = false;

setClock(root.dataset.serverNow);

/** Set a text only when it is another one: what is announced is announced once. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show({ delay_text: delay, message }) {
  byId("waiting-delay").hidden = !delay;
  put(byId("waiting-delay"), delay ?? "");
  byId("waiting-message").hidden = !message;
  put(byId("waiting-message-text"), message ?? "");
}

function go(address) {
  if (going) return;
  going = true;
  poll.stop();
  devices.closeAll();
  location.replace(address);
}

const poll = pollState(root.dataset.stateUrl, {
  wait: 1000,
  hiddenWait: 4000,
  tell(state) {
    show(state);
    const admitted = state.state === "admitted" || state.state === "in";
    byId("waiting-admitted").hidden = !admitted;
    if (!state.next || state.next === location.pathname) return;
    // Long enough that the words are on the screen when the page changes; the address here knows «sound only» too.
    if (admitted) later(400, () => go(root.dataset.roomUrl));
    else go(state.next);
  },
  trouble(failures) {
    byId("waiting-trouble").hidden = navigator.onLine && failures < TROUBLE_AFTER;
    byId("waiting-known").hidden = !byId("waiting-trouble").hidden;
  },
});

byId("waiting-leave").addEventListener("submit", () => {
  poll.stop();
  devices.closeAll();
});

/** One's own picture while waiting, where that asks no second question. */
async function showPicture() {
  if (root.dataset.with !== "picture" || !(await isGranted(CAMERA))) return;
  try {
    await devices.open([CAMERA]);
  } catch {
    return; // the room says what is wrong with it
  }
  const picture = byId("waiting-picture");
  picture.srcObject = new MediaStream([devices.tracks[CAMERA]]);
  picture.classList.add("mirrored");
  byId("waiting-picture-box").hidden = false;
}

showPicture();
addEventListener("pagehide", () => devices.closeAll());
