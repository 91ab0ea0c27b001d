// The doctor's day: a sound and a title when somebody comes into the waiting room.

import { ring, watchNews } from "./news.js";
import { audioContext } from "./sound.js";
import { put } from "./words.js";

const button = document.getElementById("day-sound");
const REMEMBERED = "video.day-sound";
const base = document.title;

function remember(on) {
  try {
    localStorage.setItem(REMEMBERED, on ? "on" : "off");
  } catch {
    // storage may be forbidden: the choice lasts for this page
  }
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) === "on";
  } catch {
    return false;
  }
}

function show(on) {
  button.setAttribute("aria-pressed", String(on));
}

button.addEventListener("click", () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  show(on);
  remember(on);
  if (on) ring();
});
show(remembered());
// A page that was just opened may not sound before it has been touched.
addEventListener("pointerdown", audioContext, { once: true });
watchNews("day", ({ title, say }, more) => {
  document.title = title || base;
  if (!more) return;
  put(document.getElementById("day-news"), say ?? "");
  if (button.getAttribute("aria-pressed") === "true") ring();
});
