// What is heard and what is played to prove that it can be heard.

import { can } from "./browser.js";

let shared = null;

/** One audio context a page; has to be asked for in a gesture the first time. */
export function audioContext() {
  shared ??= new (window.AudioContext ?? window.webkitAudioContext)();
  if (shared.state !== "running") shared.resume().catch(() => {});
  return shared;
}

/** Call `tell` some times a second with how loud a track is, 0 to 1. What is returned stops it. */
export function listen(track, tell) {
  const context = audioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    // From -60 dB, a quiet room, to -10 dB, a raised voice.
    tell(power === 0 ? 0 : Math.min(1, Math.max(0, (10 * Math.log10(power) + 60) / 50)), power === 0);
  }, 100);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

function chime(context, target, notes) {
  notes.forEach((frequency, index) => {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const begin = context.currentTime + 0.05 + index * 0.22;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.25, begin + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.6);
    tone.connect(volume).connect(target);
    tone.start(begin);
    tone.stop(begin + 0.65);
  });
  return new Promise((done) => setTimeout(done, 700 + notes.length * 220));
}

/** Three notes through the chosen loudspeaker, the way that the other's voice will come. */
export async function playTestSound(speaker) {
  const context = audioContext();
  if (!speaker || !can.chooseSpeaker()) return chime(context, context.destination, [523, 659, 784]);
  const out = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  await player.setSinkId(speaker).catch(() => {});
  await player.play();
  await chime(context, out, [523, 659, 784]);
  player.srcObject = null;
  return undefined;
}

/** Two notes: somebody waits. */
export const playNews = () => chime(audioContext(), audioContext().destination, [784, 1046]);
