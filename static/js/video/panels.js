// What opens beside the picture: chat, who is here, devices. One at a time; Escape closes and gives focus back.

/** Wire the buttons that control a section (aria-controls) and those that close it. */
export function panels(buttons) {
  function set(button, open) {
    const section = document.getElementById(button.getAttribute("aria-controls"));
    if (section.hidden === !open) return;
    section.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    section.dispatchEvent(new Event(open ? "opened" : "closed"));
  }

  function close(button) {
    set(button, false);
    button.focus();
  }

  for (const button of buttons) {
    const section = document.getElementById(button.getAttribute("aria-controls"));
    button.addEventListener("click", () => {
      const open = section.hidden;
      if (open) buttons.forEach((other) => set(other, other === button));
      else set(button, false);
    });
    section.querySelector("[data-close]").addEventListener("click", () => close(button));
    section.addEventListener("keydown", ({ key }) => key === "Escape" && close(button));
    section.addEventListener("opened", () => {
      section.tabIndex = -1;
      if (!section.contains(document.activeElement)) section.focus({ preventScroll: true });
      section.scrollIntoView({ block: "nearest" });
    });
  }
}

/** Keys that press buttons: each button names its own in aria-keyshortcuts («Alt+M»). */
export function shortcuts(root) {
  const keys = new Map();
  for (const button of root.querySelectorAll("[aria-keyshortcuts]")) {
    keys.set(`Key${button.getAttribute("aria-keyshortcuts").split("+").at(-1)}`, button);
  }
  addEventListener("keydown", (event) => {
    // By place on the keyboard: with Alt held, some systems make another character of it.
    const button = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && keys.get(event.code);
    if (!button || button.hidden || event.repeat) return;
    event.preventDefault();
    button.click();
  });
}
