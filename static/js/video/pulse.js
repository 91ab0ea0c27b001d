// Timers that keep their time in a tab that nobody looks at. Browsers slow a hidden page's own timers to one a minute,
// and whoever reads something else while waiting for the doctor would be taken for gone.

const waiting = new Map();
let last = 0;
let worker = null;

function ring(id) {
  const act = waiting.get(id);
  waiting.delete(id);
  act?.();
}

try {
  worker = new Worker(new URL("./pulse-worker.js", import.meta.url));
  worker.onmessage = ({ data }) => ring(data);
  worker.onerror = () => {
    worker = null;
    [...waiting.keys()].forEach(ring);
  };
} catch {
  worker = null; // the page's own timers have to do
}

/** Call `act` after `wait` milliseconds. What is returned calls it off. */
export function later(wait, act) {
  const id = ++last;
  waiting.set(id, act);
  if (worker) worker.postMessage({ id, wait });
  else setTimeout(ring, wait, id);
  return () => waiting.delete(id);
}

/** Resolves after `wait` milliseconds. */
export const pause = (wait) => new Promise((done) => later(wait, done));

/** Call `act` every `wait` milliseconds until what is returned is called. */
export function every(wait, act) {
  let stop = later(wait, function again() {
    stop = later(wait, again);
    act();
  });
  return () => stop();
}
