// The doctor's clock: minutes left, or over the time, by the server's clock.

import { every } from "./pulse.js";
import { serverNow } from "./server.js";
import { put } from "./words.js";

export function visitClock(element) {
  const ends = Date.parse(element.dataset.endsAt);
  const show = () => {
    const minutes = Math.ceil((ends - serverNow()) / 60000);
    put(element, (minutes >= 0 ? element.dataset.left : element.dataset.over).replace("{n}", Math.abs(minutes)));
    element.classList.toggle("is-over", minutes < 0);
  };
  show();
  every(5000, show);
}
