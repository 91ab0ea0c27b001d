// What pages do beyond plain HTML. Every page works without this file; texts come from data attributes.

// htmx begins when the document is whole, after this file. No eval and no scripts in fragments: the content security
// policy allows neither. 409 and 422 carry a page that says what to do, so they are shown; history asks the server.
Object.assign(globalThis.htmx?.config ?? {}, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409|422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

const body = document.body;
const BUSY_FOR = 8000; // milliseconds in which a second press of the same button is taken for the same press
const COUNT_PAUSE = 1200; // milliseconds of quiet before a screen reader hears how much room is left

// A personal page that the browser kept in memory may show a time that is gone: ask the server again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// ---- focus: the error summary of a fresh page, and what a swap brought in

addEventListener("load", () => {
  // autofocus has done it already, save where the browser keeps that to form fields
  if (document.activeElement === body) document.getElementById("error-summary")?.focus();
});

body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const swapped = detail.elt;
  const target = swapped.matches("[data-focus]") ? swapped : swapped.querySelector("[data-focus]");
  if (target) {
    if (!target.matches("a[href], button, input, select, textarea, summary, [tabindex]")) target.tabIndex = -1;
    target.focus();
  }
  swapped.querySelectorAll("[data-limit]").forEach(count);
});

// A link to a field goes to the field itself, also where the browser would only scroll.
body.addEventListener("click", (event) => {
  const link = event.target.closest?.(".ds-error-summary a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (field) {
    event.preventDefault();
    field.focus();
    (field.closest("fieldset, .ds-field") ?? field).scrollIntoView({ block: "start" });
  }
});

// ---- the answer that may not be longer than so: characters as people count them, emoji as one

const saying = new WeakMap();

function count(area) {
  const text = document.getElementById(area.dataset.count);
  const left = Number(area.dataset.limit) - [...area.value].length;
  const { one, over, left: many } = text.dataset;
  const words = left < 0 ? over : left === 1 ? one : many;
  text.textContent = words.replace("{n}", Math.abs(left));
  text.classList.toggle("over", left < 0);
  return text;
}

document.querySelectorAll("[data-limit]").forEach(count);
body.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-limit]")) return;
  const text = count(target);
  clearTimeout(saying.get(target));
  saying.set(target, setTimeout(() => (text.nextElementSibling.textContent = text.textContent), COUNT_PAUSE));
});

// ---- sent once: a second press within eight seconds is stopped, then the button is as before

const sent = new WeakMap();

function release(form) {
  const { button, label, words } = sent.get(form) ?? {};
  if (!button) return;
  sent.delete(form);
  label.textContent = words;
  button.removeAttribute("aria-disabled");
  button.removeAttribute("aria-busy");
}

addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const button = event.submitter;
    if (!button?.classList.contains("ds-button")) return;
    const label = button.querySelector("span") ?? button;
    sent.set(form, { button, label, words: label.textContent });
    label.textContent = button.dataset.busy ?? body.dataset.busy;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    setTimeout(release, BUSY_FOR, form);
  },
  true,
);
body.addEventListener("htmx:afterRequest", ({ detail }) => release(detail.elt));

// ---- a swap that failed: a link is followed as a plain link, anything else keeps its text and says so

const say = (words) => (document.getElementById("notice").textContent = words);

function failed({ detail }, words) {
  if (detail.elt.matches("a[href]")) location.assign(detail.elt.href);
  else say(words);
}

body.addEventListener("htmx:sendError", (event) => failed(event, body.dataset.offline));
body.addEventListener("htmx:responseError", (event) => failed(event, body.dataset.failed));
body.addEventListener("htmx:beforeRequest", () => say(""));
