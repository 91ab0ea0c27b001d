// The others: one tile each, with picture, sound, name and what is to be known of them.

import { initials, put, say } from "./words.js";

const PICTURE_WITHIN = 1000; // milliseconds that an old picture stays while the new line brings none

/** Show a track in an element; the last picture stays until the new line brings one. */
function feed(element, track) {
  if (element.track === track) return;
  element.track = track;
  const show = () => {
    if (element.track !== track || element.srcObject?.getTracks()[0] === track) return;
    element.srcObject = track && new MediaStream([track]);
    element.dispatchEvent(new Event("fed"));
  };
  if (!track || !element.srcObject || !track.muted) return show();
  track.addEventListener("unmute", show, { once: true });
  setTimeout(show, PICTURE_WITHIN);
}

export class Seats {
  #tiles = new Map();
  #stage;
  #template;
  #refused;
  #speaker = "";

  /** `refused` is called when the browser wants a gesture before it plays sound. */
  constructor(stage, template, refused) {
    this.#stage = stage;
    this.#template = template;
    this.#refused = refused;
  }

  /** Show these participants; `trackOf` finds the track of a section. */
  show(participants, trackOf) {
    const here = new Set(participants.map(({ seat }) => seat));
    for (const [seat, tile] of this.#tiles) if (!here.has(seat)) this.#remove(seat, tile);
    for (const one of participants) this.#fill(this.#tiles.get(one.seat) ?? this.#add(one.seat), one, trackOf);
    this.#stage.dataset.count = participants.length;
    this.#stage.classList.toggle("has-screen", participants.some(({ screen }) => screen));
  }

  #add(seat) {
    const root = this.#template.content.firstElementChild.cloneNode(true);
    const video = root.querySelector("video");
    // Sound comes by an element of its own: picture without sound may always play, and a picture that is turned off
    // never takes the voice with it.
    const audio = document.createElement("audio");
    const tile = { root, video, audio, part: (name) => root.querySelector(`[data-part=${name}]`) };
    root.dataset.seat = seat;
    video.muted = true;
    root.append(audio);
    video.addEventListener("fed", () => video.play().catch(() => {}));
    video.addEventListener("resize", () => this.#shape(tile));
    audio.addEventListener("fed", () => this.#play(audio));
    this.#setSpeaker(audio);
    this.#stage.append(root);
    this.#tiles.set(seat, tile);
    return tile;
  }

  #remove(seat, { root, video, audio }) {
    this.#tiles.delete(seat);
    feed(video, null);
    feed(audio, null);
    root.remove();
  }

  #shape({ root, video }) {
    const ratio = video.videoWidth / video.videoHeight;
    if (ratio > 0) root.style.setProperty("--ratio", ratio.toFixed(3));
  }

  #fill({ root, video, audio, part }, one, trackOf) {
    const away = one.state === "reconnecting";
    const dark = one.muted.video && !one.screen;
    root.dataset.state = one.state;
    root.classList.toggle("is-screen", Boolean(one.screen));
    root.classList.toggle("is-dark", dark);
    put(part("name"), one.name);
    part("muted").hidden = !one.muted.audio;
    part("state").hidden = !away && !one.screen;
    put(part("state"), away ? say("otherReconnecting", one.name) : one.screen ? say("someoneSharing", one.name) : "");
    put(root.querySelector(".tile-placeholder"), initials(one.name));
    root.querySelector(".tile-placeholder").hidden = !dark;
    feed(video, trackOf(one.mid?.video));
    feed(audio, trackOf(one.mid?.audio));
  }

  #play(audio) {
    if (!audio.srcObject) return;
    audio.play().catch((error) => error.name === "NotAllowedError" && this.#refused());
  }

  /** Try again to play, now that somebody has pressed something. */
  play() {
    for (const { video, audio } of this.#tiles.values()) {
      this.#play(audio);
      if (video.paused && video.srcObject) video.play().catch(() => {});
    }
  }

  /** Let the voices come from another loudspeaker. */
  chooseSpeaker(id) {
    this.#speaker = id;
    for (const { audio } of this.#tiles.values()) this.#setSpeaker(audio);
  }

  #setSpeaker(audio) {
    if (this.#speaker && audio.setSinkId) audio.setSinkId(this.#speaker).catch(() => {});
  }

  /** The picture that a small window shows: a shared screen, else the first that has one. */
  get main() {
    const tiles = [...this.#tiles.values()].filter(({ root }) => !root.classList.contains("is-dark"));
    return (tiles.find(({ root }) => root.classList.contains("is-screen")) ?? tiles[0])?.video ?? null;
  }
}
