// Before the room is open: count down by the server's clock, and go on when the time comes.

import { every, later } from "./pulse.js";
import { pollState, serverNow, setClock } from "./server.js";

const root = document.getElementById("start");
const countdown = document.getElementById("countdown");
const openedEarly = document.getElementById("opened-early");
const READ_FIRST = 2000; // milliseconds that «the doctor has opened early» stands before the page changes
let opens = Date.parse(root.dataset.opensAt);
let leaving = false;

setClock(root.dataset.serverNow);

function showTime() {
  const seconds = Math.max(0, Math.ceil((opens - serverNow()) / 1000));
  const minutes = Math.round(seconds / 60);
  const { minute, minutes: many, seconds: few } = countdown.dataset;
  const words = seconds <= 60 ? few : minutes === 1 ? minute : many;
  const text = words.replace("{n}", seconds <= 60 ? seconds : minutes);
  if (countdown.textContent !== text) countdown.textContent = text;
  if (seconds === 0) poll.now();
}

function told(state) {
  opens = Date.parse(state.opens_at);
  if (state.state === "early" || leaving || !state.next || state.next === location.pathname) return;
  leaving = true;
  poll.stop();
  const go = () => location.replace(state.next);
  if (!state.opened_early) return go();
  openedEarly.hidden = false;
  later(READ_FIRST, go);
}

const poll = pollState(root.dataset.stateUrl, { wait: 2000, hiddenWait: 5000, tell: told });
if (countdown) {
  showTime();
  every(1000, () => leaving || showTime());
}
