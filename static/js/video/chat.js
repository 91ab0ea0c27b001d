// Written talk. Lines live in this page alone and go with it.

const part = (line, name) => line.querySelector(`[data-part=${name}]`);

/** Returns a function that shows one line. `send` gets a text and says whether it could be sent. */
export function chat(section, button, language, send) {
  const lines = section.querySelector("#chat-lines");
  const template = section.querySelector("#chat-line-template");
  const field = section.querySelector("#chat-text");
  const count = button.querySelector("[data-part=count]");
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Oslo" });
  const seen = new Set();
  let unread = 0;

  function showCount(number) {
    unread = number;
    if (!count) return;
    count.hidden = !number;
    count.textContent = number || "";
  }

  function submit() {
    const text = field.value.trim();
    if (!text || !send(text)) return;
    field.value = "";
    field.focus();
  }

  section.querySelector("#chat-send").addEventListener("click", submit);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  section.addEventListener("opened", () => {
    showCount(0);
    lines.lastElementChild?.scrollIntoView({ block: "nearest" });
    field.focus();
  });

  return ({ id, name, text, at }, own) => {
    if (id !== undefined && seen.has(id)) return;
    seen.add(id);
    const line = template.content.firstElementChild.cloneNode(true);
    part(line, "name").textContent = name;
    part(line, "time").textContent = clock.format(new Date(at));
    part(line, "text").textContent = text;
    line.classList.toggle("is-own", own);
    lines.append(line);
    if (section.hidden && !own) showCount(unread + 1);
    else line.scrollIntoView({ block: "nearest" });
  };
}
