// Which browser this is, for help that says where to press; and what it can do.

/** Names of help lines that fit, the best one first. */
export function browserNames() {
  const agent = navigator.userAgent;
  const phone = /Android/.test(agent);
  // An iPad says that it is a Mac; a Mac has no touch.
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1))
    return /CriOS|FxiOS|EdgiOS/.test(agent) ? ["ios-app", "ios", "other"] : ["ios", "other"];
  if (/SamsungBrowser/.test(agent)) return ["samsung", "chrome-android", "other"];
  if (/Edg(e|A)?\//.test(agent)) return phone ? ["edge-android", "chrome-android", "other"] : ["edge", "chrome", "other"];
  if (/Firefox\//.test(agent)) return phone ? ["firefox-android", "firefox", "other"] : ["firefox", "other"];
  if (/Chrome\//.test(agent)) return phone ? ["chrome-android", "chrome", "other"] : ["chrome", "other"];
  if (/Safari\//.test(agent)) return ["safari", "other"];
  return ["other"];
}

/** A device held in a hand: its two cameras look two ways, and it sends at most 720p. */
export const isPhone = () => matchMedia("(pointer: coarse)").matches && navigator.maxTouchPoints > 0;

export const can = {
  capture: () => Boolean(navigator.mediaDevices?.getUserMedia),
  call: () => "RTCPeerConnection" in window,
  chooseSpeaker: () => "setSinkId" in HTMLMediaElement.prototype,
  shareScreen: () => Boolean(navigator.mediaDevices?.getDisplayMedia) && !isPhone(),
  fullScreen: () => Boolean(document.fullscreenEnabled),
};

/** sessionStorage that may be forbidden: then nothing is remembered. */
export const memory = {
  get(name) {
    try {
      return sessionStorage.getItem(`video.${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      sessionStorage.setItem(`video.${name}`, value);
    } catch {
      // private windows of some browsers: the choice lasts for this page
    }
  },
};
