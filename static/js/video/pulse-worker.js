// A clock outside the page: {id, wait} comes in, the id goes back after so many milliseconds.
addEventListener("message", ({ data: { id, wait } }) => setTimeout(postMessage, wait, id));
