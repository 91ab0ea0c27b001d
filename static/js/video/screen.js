// What the room does with the screen: all of it, a small window of it, and not letting it go dark.

/** Keep the screen alight during the visit; asked for again whenever the page comes back into view. */
export function keepAwake() {
  const ask = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}

/** Whether this video can be shown in a window of its own: by the standard, or as iPhones have it. */
export const canPopOut = () =>
  Boolean(document.pictureInPictureEnabled) ||
  Boolean(document.createElement("video").webkitSupportsPresentationMode?.("picture-in-picture"));

/** Show a video in a small window, or take it back. */
export async function popOut(video) {
  if (document.pictureInPictureElement) return document.exitPictureInPicture();
  if (!video) return undefined;
  if (video.requestPictureInPicture) return video.requestPictureInPicture().catch(() => {});
  const small = video.webkitPresentationMode === "picture-in-picture";
  return video.webkitSetPresentationMode(small ? "inline" : "picture-in-picture");
}

/** All of the screen, or back. */
export const toggleFullScreen = (element) =>
  (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen()).catch(() => {});
