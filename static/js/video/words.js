// Every word that the room's script says stands in the page, where gettext put it.

const words = document.getElementById("words")?.dataset ?? {};

/** The words called so, with {name} filled in. */
export const say = (key, name = "") => (words[key] ?? "").replace("{name}", name);

/** Set a text only when it is another one: what is announced is announced once. */
export function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** «Kari Nordmann» becomes KN. */
export function initials(name) {
  const parts = name.trim().split(/\s+/);
  return (parts.length > 1 ? [parts[0], parts.at(-1)] : parts).map((one) => [...one][0] ?? "").join("").toUpperCase();
}
