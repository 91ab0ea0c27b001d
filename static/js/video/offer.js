// One offer, one answer: a connection into a seat, from nothing until it stands.

import { isPhone } from "./browser.js";
import { CAMERA, MICROPHONE } from "./devices.js";
import { post } from "./server.js";

const PAIRS = 3; // the other seats of a room of four
const CONNECT_WITHIN = 8000; // milliseconds
const CAMERA_LIMIT = { maxBitrate: 1_500_000, maxFramerate: 30 };
const PHONE_LIMIT = { maxBitrate: 1_200_000, maxFramerate: 30 };
const SCREEN_LIMIT = { maxBitrate: 2_500_000, maxFramerate: 15 };
const FINAL = new Set(["too_early", "over", "removed", "not_admitted"]);

/** Our server said no. `final` when asking again changes nothing; `words` may be shown, `next` is where to go. */
export class Refused extends Error {
  constructor({ error, message, next }, retryAfter) {
    super(error);
    this.final = FINAL.has(error);
    this.words = message;
    this.next = next;
    this.retryAfter = retryAfter;
  }
}

/** What a picture may cost: a screen more bits and fewer frames. */
export const limitFor = ({ screen = false } = {}) => (screen ? SCREEN_LIMIT : isPhone() ? PHONE_LIMIT : CAMERA_LIMIT);

/**
 * Connect. `answered` gets our server's answer (seat, connection) before the connection stands. Returns {pc, channel}.
 * Raises Refused, and whatever else keeps it from standing; then nothing of it is left.
 */
export async function connect({ iceServers, offerUrl, tracks, withPicture, signal, answered }) {
  const pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  const giveUp = () => pc.close();
  signal.addEventListener("abort", giveUp);
  try {
    prepare(pc, tracks, withPicture);
    const channel = pc.createDataChannel("room");
    await pc.setLocalDescription(await pc.createOffer());
    const answer = await exchange(offerUrl, pc.localDescription.sdp);
    signal.throwIfAborted();
    answered(answer, pc, channel);
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await stands(pc);
    return { pc, channel };
  } catch (error) {
    pc.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function prepare(pc, tracks, withPicture) {
  const stream = new MediaStream();
  const add = (kind, track, more) => pc.addTransceiver(track ?? kind, { streams: [stream], ...more });
  const direction = withPicture ? "sendrecv" : "inactive";
  add("audio", tracks[MICROPHONE], { direction: "sendrecv" });
  add("video", withPicture ? tracks[CAMERA] : null, { direction, sendEncodings: [{ ...limitFor() }] });
  for (let pair = 0; pair < PAIRS; pair += 1) {
    pc.addTransceiver("audio", { direction: "recvonly" });
    pc.addTransceiver("video", { direction: withPicture ? "recvonly" : "inactive" });
  }
}

async function exchange(offerUrl, sdp) {
  const response = await post(offerUrl, { sdp });
  if (response.ok) return response.json();
  // A page instead of JSON: the token in this page is stale.
  if (response.status === 400) return new Promise(() => location.reload());
  const seconds = Number(response.headers.get("Retry-After"));
  throw new Refused(await response.json(), seconds ? seconds * 1000 : undefined);
}

function stands(pc) {
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
