// The connection to the room: one offer, one answer, and into the same seat again whenever the line breaks.

import { CAMERA, MICROPHONE } from "./devices.js";
import { connect, limitFor } from "./offer.js";
import { every, pause } from "./pulse.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4000;
const TROUBLE_AFTER = 12000; // milliseconds without a connection until help is offered; trying goes on
const SILENCE = 3000; // milliseconds without anything heard until the line counts as broken
const ECHO_WITHIN = 900; // milliseconds in which an answer must come when the network may have changed

/**
 * Emits "state" (new, connecting, connected, reconnecting, failed, ended), "connected" with new tracks to show, "open"
 * when messages can be sent, "message", "refused". `tracks` is asked for what to send; `iceServers` for fresh ones.
 */
export class Call extends EventTarget {
  state = "new";
  withPicture = true;
  pc = null;
  seat = "";
  #channel = null;
  #connection = null;
  #answered = null;
  #abort = null;
  #heard = 0;
  #stopWatch = null;
  #network = navigator.connection?.type;
  #options;

  constructor(options) {
    super();
    this.#options = options;
    addEventListener("online", () => this.state === "new" || this.rejoin());
    navigator.connection?.addEventListener?.("change", () => this.#networkChanged());
    document.addEventListener("visibilitychange", () => document.hidden || this.#check());
  }

  /** The video server's names of this page's connections, newest first: one being made, and the one that stands. */
  get connections() {
    return [...new Set([this.#answered, this.#connection])].filter(Boolean);
  }

  get #over() {
    return this.state === "ended";
  }

  #set(state) {
    if (this.state === state || this.#over) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Connect, or connect anew into the same seat. A try under way is given up for a fresh one. */
  rejoin() {
    if (this.state === "ended") return;
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#keepTrying(this.#abort.signal);
  }

  /** Begin, also after somebody else had taken the seat. */
  join({ withPicture = true } = {}) {
    this.withPicture = withPicture;
    if (this.#over) this.state = "new";
    this.rejoin();
  }

  async #keepTrying(signal) {
    this.#set(this.pc ? "reconnecting" : this.state === "failed" ? "failed" : "connecting");
    const since = performance.now();
    let wait = FIRST_PAUSE;
    while (!signal.aborted && !this.#over) {
      let fault = null;
      try {
        await this.#connect(signal);
        return;
      } catch (error) {
        fault = error;
      }
      if (signal.aborted || this.#over) return;
      if (fault.final) return this.#refused(fault);
      if (performance.now() - since > TROUBLE_AFTER) this.#set("failed");
      await pause(fault.retryAfter ?? wait);
      wait = Math.min(wait * 2, LONGEST_PAUSE);
    }
  }

  #refused(fault) {
    this.close();
    this.#emit("refused", fault);
  }

  async #connect(signal) {
    const { iceServers, offerUrl, tracks } = this.#options;
    const answered = (answer, pc, channel) => {
      this.seat = answer.seat; // the list of those present may come before the connection counts as made
      this.#answered = answer.connection;
      channel.onmessage = ({ data }) => this.#hear(pc, JSON.parse(data));
      channel.onopen = () => pc === this.pc && this.#emit("open");
      channel.onclose = () => this.#broken(pc);
    };
    const { withPicture } = this;
    const wanted = { iceServers: iceServers(), offerUrl, tracks: tracks(), withPicture, signal, answered };
    const { pc, channel } = await connect(wanted);
    this.#settle(pc, channel);
  }

  #settle(pc, channel) {
    const before = this.pc;
    this.pc = pc;
    this.#channel = channel;
    this.#connection = this.#answered;
    this.#heard = performance.now();
    pc.onsignalingstatechange = null;
    pc.onconnectionstatechange = () => {
      if (["disconnected", "failed", "closed"].includes(pc.connectionState)) this.#broken(pc);
    };
    for (const kind of [MICROPHONE, CAMERA]) this.send(kind, this.#options.tracks()[kind]);
    this.#set("connected");
    this.#emit("connected");
    if (channel.readyState === "open") this.#emit("open");
    before?.close();
    this.#stopWatch ??= every(1000, () => this.#watch());
  }

  /** Send another track in place of the one so far; null for none. `screen` allows more bits and fewer frames. */
  async send(kind, track, { screen = false } = {}) {
    const sender = this.pc?.getTransceivers()[kind === CAMERA ? 1 : 0]?.sender;
    if (!sender || (kind === CAMERA && !this.withPicture)) return;
    if (sender.track !== track) await sender.replaceTrack(track).catch(() => {});
    if (kind !== CAMERA) return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) return;
    Object.assign(parameters.encodings[0], limitFor({ screen }));
    await sender.setParameters(parameters).catch(() => {});
  }

  /** The track that comes on a section, by its mid. */
  track(mid) {
    return this.pc?.getTransceivers().find((one) => one.mid === mid)?.receiver.track ?? null;
  }

  /** Say something to the room; false when the line is down. */
  say(message) {
    if (this.#channel?.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(message));
    return true;
  }

  #hear(pc, message) {
    this.heard();
    // While we take over from ourselves the old line is told so: that is nobody else's doing.
    if (message.type === "taken_over" && (pc !== this.pc || this.state !== "connected")) return;
    if (message.type !== "pong") this.#emit("message", message);
  }

  /** The line in use broke. While a new one is being made, the end of the old one is no news. */
  #broken(pc) {
    if (pc === this.pc && this.state === "connected") this.rejoin();
  }

  /** Something came in on this line: it lives. */
  heard() {
    this.#heard = performance.now();
  }

  #watch() {
    if (this.state !== "connected") return;
    this.say({ type: "ping", t: Math.round(performance.now()) });
    if (performance.now() - this.#heard > SILENCE) this.rejoin();
  }

  #networkChanged() {
    if (!navigator.onLine || this.state !== "connected") return;
    // From wifi to mobile: the old way is gone. Any other change may be a new guess at the speed: ask first.
    const { type } = navigator.connection;
    const moved = type !== this.#network;
    this.#network = type;
    if (moved) this.rejoin();
    else this.#check();
  }

  /** Is anybody there? If nothing answers soon, do not wait for the browser to notice. */
  async #check() {
    if (this.state !== "connected") return;
    const { pc } = this;
    const asked = performance.now();
    this.say({ type: "ping", t: Math.round(asked) });
    await pause(ECHO_WITHIN);
    if (pc === this.pc && this.state === "connected" && this.#heard < asked) this.rejoin();
  }

  /** No more: the visit is over, or somebody else has the seat. */
  close() {
    this.#set("ended");
    this.#abort?.abort();
    this.#stopWatch?.();
    this.#stopWatch = null;
    this.pc?.close();
    this.pc = null;
  }
}
