// «Hvem er her?»: everybody in the room by name and role; the doctor may turn their microphones and cameras off.

import { put, say } from "./words.js";

const part = (row, name) => row.querySelector(`[data-part=${name}]`);

/** Returns a function that shows a list of participants. `mute` is called with seat and kind (audio, video). */
export function peopleList(section, mute) {
  const list = section.querySelector("#people-list");
  const template = section.querySelector("#person-template");
  const roles = {
    patient: section.dataset.rolePatient,
    practitioner: section.dataset.rolePractitioner,
    guest: section.dataset.roleGuest,
  };

  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-mute]");
    if (button) mute(button.closest("[data-seat]").dataset.seat, button.dataset.mute);
  });

  function fill(row, one, own) {
    const self = one.seat === own;
    const state = [
      one.state === "reconnecting" && say("otherReconnecting", one.name),
      one.muted.audio && say("microphoneOff"),
      one.muted.video && !one.screen && say("cameraOff"),
    ].filter(Boolean);
    row.dataset.seat = one.seat;
    put(part(row, "name"), one.name);
    put(part(row, "role"), self ? `${roles[one.role]}, ${say("you")}` : roles[one.role]);
    put(part(row, "state"), state.join(", "));
    part(row, "state").hidden = !state.length;
    for (const button of row.querySelectorAll("[data-mute]")) {
      button.hidden = self || one.muted[button.dataset.mute];
      button.setAttribute("aria-label", `${button.textContent.trim()}: ${one.name}`);
    }
  }

  return (participants, own) => {
    // Rows are kept: focus stays on a button while the list changes around it.
    const rows = new Map([...list.children].map((row) => [row.dataset.seat, row]));
    for (const one of participants) {
      const row = rows.get(one.seat) ?? list.appendChild(template.content.firstElementChild.cloneNode(true));
      rows.delete(one.seat);
      fill(row, one, own);
    }
    for (const row of rows.values()) row.remove();
  };
}
