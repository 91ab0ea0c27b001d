// The page's talk with our server: the state of the visit, posts, a last goodbye, and what the server's clock shows.

import { later } from "./pulse.js";

const ANSWER_WITHIN = 8000; // milliseconds
const SLOWEST = 10000; // milliseconds between two questions when nothing answers
const token = () => document.querySelector("meta[name='csrf-token']").content;

let ahead = 0; // milliseconds that the server's clock is ahead of this device's

/** Take the server's time from an ISO text: a phone may believe anything of the hour. */
export function setClock(text) {
  ahead = Date.parse(text) - Date.now();
}

/** Milliseconds since 1970, as the server sees it. */
export const serverNow = () => Date.now() + ahead;

const reloading = () => new Promise(() => location.reload());

function patience(wait) {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), wait);
  return stop.signal;
}

async function talk(url, options) {
  const response = await fetch(url, { cache: "no-store", redirect: "manual", signal: patience(ANSWER_WITHIN), ...options });
  // Logged out, or a token of another login: the page's own address says what to do.
  if (response.type === "opaqueredirect" || response.status === 401) return reloading();
  return response;
}

/** Post JSON, or nothing. Raises TypeError or AbortError without contact. */
export function post(url, body) {
  const headers = { "X-CSRFToken": token(), Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return talk(url, { method: "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** Where the visit stands. Raises without contact, or when the answer is no state. */
export async function askState(url) {
  const response = await talk(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`state: ${response.status}`);
  const state = await response.json();
  setClock(state.server_now);
  return state;
}

function farewell(connections) {
  const fields = new URLSearchParams({ csrf_token: token() });
  for (const connection of connections) fields.append("connection", connection);
  return fields;
}

/**
 * Say that this page goes away. Works while it is being torn down. With this page's `connections` it ends only those:
 * it may arrive when the same person has come in again.
 */
export const sayGoodbye = (url, connections = []) => navigator.sendBeacon(url, farewell(connections));

/** Leave, and know that the server knows; gives up waiting after a second and a half. */
export async function leave(url) {
  try {
    await fetch(url, { method: "POST", body: farewell([]), keepalive: true, signal: patience(1500) });
  } catch {
    sayGoodbye(url);
  }
}

/**
 * Ask for the state every `wait` milliseconds, `hiddenWait` in a tab nobody looks at; slower while nothing answers,
 * at once when the line or the reader is back. `tell` gets each state, `trouble` the number of failures in a row.
 */
export function pollState(url, { wait, hiddenWait = wait, tell, trouble = () => {} }) {
  let failures = 0;
  let asking = false;
  let stopped = false;
  let callOff = () => {};

  async function round() {
    if (asking || stopped) return;
    asking = true;
    callOff();
    try {
      const state = await askState(url);
      failures = 0;
      if (!stopped) {
        trouble(0);
        tell(state);
      }
    } catch {
      failures += 1;
      if (!stopped) trouble(failures);
    }
    asking = false;
    const usual = document.hidden ? hiddenWait : wait;
    if (!stopped) callOff = later(failures ? Math.min(wait * 2 ** failures, Math.max(SLOWEST, usual)) : usual, round);
  }

  addEventListener("online", round);
  addEventListener("offline", () => trouble((failures += 1)));
  document.addEventListener("visibilitychange", () => document.hidden || round());
  round();
  return {
    now: round,
    stop() {
      stopped = true;
      callOff();
    },
  };
}
