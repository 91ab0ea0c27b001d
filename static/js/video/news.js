// Somebody waits: heard, read out, and seen in the title of a tab that nobody looks at.

import { playNews } from "./sound.js";

/** Watch an element that htmx replaces. `tell` gets its dataset, and whether somebody waits who did not before. */
export function watchNews(id, tell) {
  const read = () => document.getElementById(id)?.dataset ?? {};
  let { news = "", waiting } = read();
  if (waiting !== undefined) tell(read(), false);
  document.body.addEventListener("htmx:afterSettle", () => {
    const now = read();
    // By person, not by number: one may leave and another come between two looks.
    const known = news.split(" ");
    const more = Boolean(now.news) && now.news.split(" ").some((each) => !known.includes(each));
    if (now.news !== undefined) ({ news } = now);
    if (now.waiting !== undefined) tell(now, more);
  });
}

/** A sound that has been allowed by a gesture, on this device. */
export function ring() {
  playNews().catch(() => {});
}
