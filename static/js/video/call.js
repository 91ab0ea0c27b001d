// The connection to the room: one offer, one answer, and into the same seat again whenever the line breaks.

import { CAMERA, MICROPHONE } from "./devices.js";
import { isPhone } from "./browser.js";
import { every, pause } from "./pulse.js";
import { post } from "./server.js";

const PAIRS = 3; // the other seats of a room of four
const CONNECT_WITHIN = 8000; // milliseconds
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4000;
const TROUBLE_AFTER = 12000; // milliseconds without a connection until help is offered; trying goes on
const SILENCE = 3000; // milliseconds without anything heard until the line counts as broken
const ECHO_WITHIN = 900; // milliseconds in which an answer must come when the network may have changed
const CAMERA_LIMIT = { maxBitrate: 1_500_000, maxFramerate: 30 };
const PHONE_LIMIT = { maxBitrate: 1_200_000, maxFramerate: 30 };
const SCREEN_LIMIT = { maxBitrate: 2_500_000, maxFramerate: 15 };
const FINAL = new Set(["too_early", "over", "removed", "not_admitted"]);

class Refused extends Error {
  constructor({ error, message, next }, retryAfter) {
    super(error);
    this.final = FINAL.has(error);
    this.words = message;
    this.next = next;
    this.retryAfter = retryAfter;
  }
}

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
  #connecting = null;
  #abort = null;
  #heard = 0;
  #stopWatch = null;
  #options;

  constructor(options) {
    super();
    this.#options = options;
    addEventListener("online", () => this.state === "new" || this.rejoin());
    navigator.connection?.addEventListener?.("change", () => this.#networkChanged());
    document.addEventListener("visibilitychange", () => document.hidden || this.#check());
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
    const abort = (this.#abort = new AbortController());
    this.#connecting = this.#keepTrying(abort.signal);
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
    const pc = new RTCPeerConnection({ iceServers: this.#options.iceServers(), bundlePolicy: "max-bundle" });
    const giveUp = () => pc.close();
    signal.addEventListener("abort", giveUp);
    try {
      this.#prepare(pc);
      const channel = pc.createDataChannel("room");
      channel.onmessage = ({ data }) => this.#hear(pc, JSON.parse(data));
      channel.onopen = () => pc === this.pc && this.#emit("open");
      channel.onclose = () => this.#broken(pc);
      await pc.setLocalDescription(await pc.createOffer());
      const answer = await this.#exchange(pc.localDescription.sdp);
      signal.throwIfAborted();
      this.seat = answer.seat; // the list of those present may come before the connection counts as made
      await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      await this.#stands(pc);
      this.#settle(pc, channel);
    } catch (error) {
      pc.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #prepare(pc) {
    const { tracks } = this.#options;
    const picture = this.withPicture ? "sendrecv" : "inactive";
    const limits = isPhone() ? PHONE_LIMIT : CAMERA_LIMIT;
    const stream = new MediaStream();
    const add = (kind, track, more) => pc.addTransceiver(track ?? kind, { streams: [stream], ...more });
    add("audio", tracks()[MICROPHONE], { direction: "sendrecv" });
    add("video", this.withPicture ? tracks()[CAMERA] : null, { direction: picture, sendEncodings: [{ ...limits }] });
    for (let pair = 0; pair < PAIRS; pair += 1) {
      pc.addTransceiver("audio", { direction: "recvonly" });
      pc.addTransceiver("video", { direction: this.withPicture ? "recvonly" : "inactive" });
    }
  }

  async #exchange(sdp) {
    const response = await post(this.#options.offerUrl, { sdp });
    if (response.ok) return response.json();
    // A page instead of JSON: the token in this page is stale.
    if (response.status === 400) return new Promise(() => location.reload());
    const seconds = Number(response.headers.get("Retry-After"));
    throw new Refused(await response.json(), seconds ? seconds * 1000 : undefined);
  }

  #stands(pc) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no connection in time")), CONNECT_WITHIN);
      const look = () => {
        if (pc.connectionState === "connected") resolve();
        else if (pc.connectionState === "failed" || pc.signalingState === "closed") reject(new Error("no connection"));
        else return;
        clearTimeout(timer);
      };
      pc.onconnectionstatechange = look;
      pc.onsignalingstatechange = look;
      look();
    });
  }

  #settle(pc, channel) {
    const before = this.pc;
    this.pc = pc;
    this.#channel = channel;
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
    Object.assign(parameters.encodings[0], screen ? SCREEN_LIMIT : isPhone() ? PHONE_LIMIT : CAMERA_LIMIT);
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
    if (message.type === "taken_over" && (pc !== this.pc || this.state !== "connected" || this.#abort?.replacing)) return;
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
    if (navigator.onLine && this.state === "connected") this.#check();
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
