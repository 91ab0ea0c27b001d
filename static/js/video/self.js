// One's own side of the call: what is sent, what one sees of oneself, and the buttons that say so.

import { can, memory } from "./browser.js";
import { CAMERA, Devices, MICROPHONE, offerDevices } from "./devices.js";
import { put, say } from "./words.js";

const byId = (id) => document.getElementById(id);
const label = (button) => button.querySelector("[data-part=words]");

/** Emits "track" (detail: kind) when another track is to be sent, "state" when the others should be told. */
export class Self extends EventTarget {
  devices = new Devices();
  screen = null;
  #alert;
  #picture = byId("self-picture");
  #microphone = byId("toggle-microphone");
  #camera = byId("toggle-camera");
  #switch = byId("switch-camera");
  #share = byId("share-screen");

  /** `alert` says words that matter. */
  constructor(alert) {
    super();
    this.#alert = alert;
    this.devices.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.devices.addEventListener("gone", () => alert(say("deviceGone")));
    this.#microphone.addEventListener("click", () => this.setMicrophone(!this.microphoneOn));
    this.#camera.addEventListener("click", () => this.setCamera(!this.cameraOn));
    this.#switch.addEventListener("click", () => this.#try(() => this.devices.flip()));
    this.#share.addEventListener("click", () => (this.screen ? this.stopSharing() : this.share()));
    this.#share.parentElement.hidden = !can.shareScreen();
    this.#chooseDevices();
    document.addEventListener("visibilitychange", () => document.hidden || this.devices.revive());
  }

  get microphoneOn() {
    return Boolean(this.devices.tracks[MICROPHONE]) && !this.devices.muted;
  }

  get cameraOn() {
    return Boolean(this.devices.tracks[CAMERA]);
  }

  /** What is sent: the screen goes before the camera. */
  get tracks() {
    return { [MICROPHONE]: this.devices.tracks[MICROPHONE], [CAMERA]: this.screen ?? this.devices.tracks[CAMERA] };
  }

  /** What the others are told of us. */
  get told() {
    return { type: "state", audio: this.microphoneOn, video: this.cameraOn, screen: Boolean(this.screen) };
  }

  /** Open what somebody wants to join with: picture, sound or listen. */
  async begin(how) {
    this.#show();
    const kinds = { picture: [MICROPHONE, CAMERA], sound: [MICROPHONE] }[how] ?? [];
    if (kinds.length) await this.#try(() => this.devices.open(kinds));
    this.#show();
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      const fault = this.devices.tracks[error.kind] ? "" : say(error.kind === CAMERA ? "noCamera" : "noMicrophone");
      this.#alert(fault || say("deviceGone"));
    }
    this.#show();
  }

  async setMicrophone(on) {
    if (on && !this.devices.tracks[MICROPHONE]) await this.#try(() => this.devices.open([MICROPHONE]));
    this.devices.mute(!on);
  }

  async setCamera(on) {
    if (on === this.cameraOn) return;
    if (on) await this.#try(() => this.devices.open([CAMERA]));
    else this.devices.close(CAMERA);
  }

  async share() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    } catch {
      return; // the user thought better of it
    }
    [this.screen] = stream.getVideoTracks();
    this.screen.contentHint = "detail";
    this.screen.addEventListener("ended", () => this.stopSharing());
    this.#changed(CAMERA);
  }

  stopSharing() {
    this.screen?.stop();
    this.screen = null;
    this.#changed(CAMERA);
  }

  end() {
    this.screen?.stop();
    this.devices.closeAll();
  }

  #changed(kind) {
    this.dispatchEvent(new CustomEvent("track", { detail: kind }));
    this.dispatchEvent(new Event("state"));
    this.#show();
  }

  #show() {
    const camera = this.devices.tracks[CAMERA];
    const settings = camera?.getSettings();
    if (this.#picture.srcObject?.getTracks()[0] !== camera) {
      this.#picture.srcObject = camera && new MediaStream([camera]);
    }
    this.#picture.classList.toggle("mirrored", settings?.facingMode !== "environment");
    this.#picture.hidden = !camera;
    byId("self-placeholder").hidden = Boolean(camera);
    for (const [button, on] of [[this.#microphone, this.microphoneOn], [this.#camera, this.cameraOn]]) {
      button.setAttribute("aria-pressed", String(on));
      put(label(button), on ? button.dataset.on : button.dataset.off);
    }
    put(label(this.#share), this.screen ? this.#share.dataset.off : this.#share.dataset.on);
    this.devices.canFlip().then((able) => (this.#switch.parentElement.hidden = !able || !camera));
  }

  // ---- another camera, microphone, loudspeaker

  #chooseDevices() {
    const selects = { [CAMERA]: byId("room-camera"), [MICROPHONE]: byId("room-microphone") };
    const speaker = byId("room-speaker");
    const fill = () => {
      for (const [kind, select] of Object.entries(selects)) {
        offerDevices(select, kind, this.devices.tracks[kind]?.getSettings().deviceId);
      }
      if (can.chooseSpeaker()) offerDevices(speaker, "speaker", memory.get("speaker"));
      else speaker.closest("[data-field]").hidden = true;
    };
    for (const [kind, select] of Object.entries(selects)) {
      select.addEventListener("change", () => this.#try(() => this.devices.choose(kind, select.value)).then(fill));
    }
    speaker.addEventListener("change", () => {
      memory.set("speaker", speaker.value);
      this.dispatchEvent(new CustomEvent("speaker", { detail: speaker.value }));
    });
    byId("devices").addEventListener("opened", fill);
    navigator.mediaDevices?.addEventListener?.("devicechange", () => byId("devices").hidden || fill());
  }
}
