// Camera and microphone: opened, switched and let go, each without touching the other.

import { isPhone, memory } from "./browser.js";

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE = { width: { ideal: 1280, max: 1280 }, height: { ideal: 720, max: 1280 }, frameRate: { ideal: 30, max: 30 } };
export const MICROPHONE = "microphone";
export const CAMERA = "camera";
const INPUTS = { [MICROPHONE]: "audioinput", [CAMERA]: "videoinput", speaker: "audiooutput" };

/** Why a device could not be had: a word that names a help section. */
export class NoDevice extends Error {
  constructor(word, kind) {
    super(word);
    this.word = word;
    this.kind = kind;
  }
}

async function permission(kind) {
  try {
    return (await navigator.permissions.query({ name: kind })).state;
  } catch {
    return "unknown"; // Firefox and older Safari do not tell
  }
}

/** Whether the camera or microphone may be opened without asking. */
export const isGranted = async (kind) => (await permission(kind)) === "granted";

async function reason(error, kind) {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "unsupported";
  if (error.name === "NotReadableError" || error.name === "AbortError") return "busy";
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") {
    // Firefox says «not found» when the operating system says no.
    return (await listOf(kind)).length ? "system-refused" : "no-device";
  }
  const bySystem = /system/i.test(error.message) || (await permission(kind)) === "granted";
  return bySystem ? "system-refused" : "browser-refused";
}

function constraint(kind, wanted) {
  const base = kind === CAMERA ? PICTURE : SOUND;
  if (wanted.facing) return { ...base, facingMode: { ideal: wanted.facing } };
  if (wanted.id) return { ...base, deviceId: wanted.sure ? { exact: wanted.id } : { ideal: wanted.id } };
  return kind === CAMERA && isPhone() ? { ...base, facingMode: { ideal: "user" } } : base;
}

async function listOf(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all.filter((one) => one.kind === INPUTS[kind]);
}

/** Emits "change" (detail: kind) whenever a track is another one, gone, on or off; "gone" when a device was lost. */
export class Devices extends EventTarget {
  tracks = { [MICROPHONE]: null, [CAMERA]: null };
  muted = false;
  #switching = Promise.resolve();

  /** Open what is asked for, in one question to the user. Raises NoDevice when nothing of it could be had. */
  async open(kinds) {
    const wanted = Object.fromEntries(kinds.map((kind) => [kind, { id: memory.get(kind) }]));
    try {
      return await this.#get(wanted);
    } catch (error) {
      if (kinds.length === 1) throw error;
    }
    // One of two may be missing or taken: what there is, is used.
    const faults = [];
    for (const kind of kinds) {
      try {
        await this.#get({ [kind]: wanted[kind] });
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length === kinds.length) throw faults[0];
    this.missing = faults[0] ?? null;
    return undefined;
  }

  async #get(wanted) {
    const kinds = Object.keys(wanted);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: wanted[MICROPHONE] ? constraint(MICROPHONE, wanted[MICROPHONE]) : false,
        video: wanted[CAMERA] ? constraint(CAMERA, wanted[CAMERA]) : false,
      });
      this.missing = null;
      for (const track of stream.getTracks()) this.#take(track.kind === "audio" ? MICROPHONE : CAMERA, track);
    } catch (error) {
      throw new NoDevice(await reason(error, kinds[0]), kinds[0]);
    }
  }

  #take(kind, track) {
    const before = this.tracks[kind];
    this.tracks[kind] = track;
    before?.stop();
    if (kind === MICROPHONE) track.enabled = !this.muted;
    else track.contentHint = "motion";
    track.addEventListener("ended", () => this.tracks[kind] === track && this.#lost(kind));
    for (const event of ["mute", "unmute"]) track.addEventListener(event, () => this.#changed(kind));
    this.#changed(kind);
  }

  #changed(kind) {
    this.dispatchEvent(new CustomEvent("change", { detail: kind }));
  }

  /** Pulled out, or taken by a phone call: another one, if there is any. */
  async #lost(kind) {
    this.tracks[kind] = null;
    this.#changed(kind);
    try {
      if (!document.hidden) await this.#get({ [kind]: {} });
    } catch {
      this.dispatchEvent(new CustomEvent("gone", { detail: kind }));
    }
  }

  /** Let a device go: its light goes out. */
  close(kind) {
    const track = this.tracks[kind];
    this.tracks[kind] = null;
    track?.stop();
    this.#changed(kind);
  }

  /** Silence the microphone without letting it go, so that it answers at once. */
  mute(muted) {
    this.muted = muted;
    if (this.tracks[MICROPHONE]) this.tracks[MICROPHONE].enabled = !muted;
    this.#changed(MICROPHONE);
  }

  /** Use another device. The old one is let go first: phones give one camera at a time. Raises NoDevice. */
  choose(kind, id) {
    memory.set(kind, id);
    return this.#swap(kind, { id, sure: true });
  }

  /** The camera that looks the other way. */
  flip() {
    const facing = this.tracks[CAMERA]?.getSettings().facingMode === "environment" ? "user" : "environment";
    return this.#swap(CAMERA, { facing });
  }

  #swap(kind, wanted) {
    // One switch at a time: a hurried finger must not open two cameras.
    this.#switching = this.#switching.catch(() => {}).then(async () => {
      const before = this.tracks[kind]?.getSettings().deviceId;
      this.tracks[kind]?.stop();
      try {
        await this.#get({ [kind]: wanted });
      } catch (error) {
        // The old one again, if it is still there; why the new one could not be had is what the user is told.
        await this.#get({ [kind]: before ? { id: before } : {} }).catch(() => this.close(kind));
        throw error;
      }
      await this.#keepMicrophone();
    });
    return this.#switching;
  }

  /** Some phones end the microphone when another camera opens, and after a call or a pause in the background. */
  async #keepMicrophone() {
    const track = this.tracks[MICROPHONE];
    if (track && track.readyState === "ended") await this.#get({ [MICROPHONE]: {} });
  }

  /** Back from the background or a phone call: open again what was taken away meanwhile. */
  async revive() {
    for (const kind of [MICROPHONE, CAMERA]) {
      const track = this.tracks[kind];
      if (!track || (track.readyState === "live" && !track.muted)) continue;
      await this.#get({ [kind]: { id: memory.get(kind) } }).catch(() => this.#lost(kind));
    }
  }

  closeAll() {
    [MICROPHONE, CAMERA].forEach((kind) => this.close(kind));
  }

  /** Whether this device has a camera that looks the other way. */
  async canFlip() {
    return isPhone() && (await listOf(CAMERA)).length > 1;
  }
}

/** Fill a select with the devices of its kind; hide its field when there is no choice. Returns how many there are. */
export async function offerDevices(select, kind, chosen) {
  const found = (await listOf(kind)).filter((one) => one.deviceId);
  const field = select.closest("[data-field]") ?? select;
  field.hidden = found.length < 2;
  const options = found.map((one, index) => new Option(one.label || String(index + 1), one.deviceId));
  select.replaceChildren(...options);
  if (found.some((one) => one.deviceId === chosen)) select.value = chosen;
  return found.length;
}
