// Puts the free times into every element that names them; leaves the link in place when they cannot be fetched.
for (const place of document.querySelectorAll("[data-free-times]")) {
  fetch(place.dataset.freeTimes, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((html) => { place.innerHTML = html; })
    .catch(() => {});
}
