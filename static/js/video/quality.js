// How the line is, in words: from what the browser counts of lost packets, delay and missing pictures.

const EVERY = 2000; // milliseconds
const CALM = 3; // better readings in a row until better words: words that jump help nobody

function reading(report) {
  const sum = { received: 0, lost: 0, sentLoss: 0, delay: 0, frozen: 0 };
  for (const one of report.values()) {
    if (one.type === "inbound-rtp") {
      sum.received += one.packetsReceived ?? 0;
      sum.lost += Math.max(0, one.packetsLost ?? 0);
      sum.frozen += one.totalFreezesDuration ?? 0;
    } else if (one.type === "remote-inbound-rtp") {
      sum.sentLoss = Math.max(sum.sentLoss, one.fractionLost ?? 0);
      sum.delay = Math.max(sum.delay, one.roundTripTime ?? 0);
    } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      sum.delay = Math.max(sum.delay, one.currentRoundTripTime ?? 0);
    }
  }
  return sum;
}

/** good, fair or poor, of two readings two seconds apart. */
export function judged(before, now) {
  const received = Math.max(0, now.received - before.received);
  const lost = Math.max(0, now.lost - before.lost);
  const loss = Math.max(received + lost > 20 ? lost / (received + lost) : 0, now.sentLoss);
  const frozen = Math.max(0, now.frozen - before.frozen);
  if (loss > 0.1 || now.delay > 0.8 || frozen > 1.2) return "poor";
  if (loss > 0.03 || now.delay > 0.4 || frozen > 0.4) return "fair";
  return "good";
}

const RANK = { good: 0, fair: 1, poor: 2 };

/** Watch a call's line. `tell` gets the word when it changes, and for how many milliseconds it has been poor. */
export function watchQuality(call, tell) {
  let pc = null;
  let before = null;
  let word = "";
  let better = 0;
  let poorSince = 0;

  async function look() {
    if (call.state !== "connected" || !call.pc) {
      before = null;
      word = "";
      return;
    }
    const now = reading(await call.pc.getStats());
    if (call.pc !== pc || !before) {
      pc = call.pc;
      before = now;
      return;
    }
    if (now.received > before.received) call.heard();
    const judgement = judged(before, now);
    before = now;
    if (word && RANK[judgement] < RANK[word] && (better += 1) < CALM) return;
    better = 0;
    word = judgement;
    poorSince = word === "poor" ? poorSince || performance.now() : 0;
    tell(word, poorSince ? performance.now() - poorSince : 0);
  }

  const timer = setInterval(() => look().catch(() => {}), EVERY);
  return () => clearInterval(timer);
}
