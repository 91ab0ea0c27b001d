// Somebody waits: heard, read out, and seen in the title of a tab that nobody looks at.

import { playNews } from "./sound.js";

/** Watch an element that htmx replaces. `tell` gets its dataset when more people wait than before. */
export function watchNews(id, tell) {
  const read = () => document.getElementById(id)?.dataset ?? {};
  let { news, waiting } = read();
  if (waiting !== undefined) tell(read(), false);
  document.body.addEventListener("htmx:afterSettle", () => {
    const now = read();
    const more = now.news !== news && Number(now.waiting) > Number(waiting ?? 0);
    ({ news, waiting } = now);
    if (now.waiting !== undefined) tell(now, more);
  });
}

/** A sound that has been allowed by a gesture, on this device. */
export function ring() {
  playNews().catch(() => {});
}
