import { beatsPerBar, type SongPlan } from './plan-song.js';
import { seededRandom } from './seeded-random.js';

export const sampleRate = 32_000;

/** A sound: its value t seconds after the start, for a tone of so many radians a second. */
type Voice = (t: number, omega: number) => number;

const pad: Voice = (t, omega) => Math.min(1, t * 4) * (Math.sin(omega * t) + 0.6 * Math.sin(omega * 1.003 * t));
const pluck: Voice = (t, omega) =>
  Math.min(1, t * 200) * Math.exp(-3.2 * t) * (Math.sin(omega * t) + 0.35 * Math.sin(2 * omega * t));
const bass: Voice = (t, omega) => Math.min(1, t * 100) * Math.exp(-1.4 * t) * Math.sin(omega * t);
const kick: Voice = (t) => Math.exp(-9 * t) * Math.sin(2 * Math.PI * (48 * t - 5 * Math.exp(-28 * t)));

function add(samples: Float32Array, voice: Voice, midi: number, from: number, seconds: number, volume: number): void {
  const omega = 2 * Math.PI * 440 * 2 ** ((midi - 69) / 12);
  const first = Math.round(from * sampleRate);
  const count = Math.min(Math.round(seconds * sampleRate), samples.length - first);
  // A release of 30 ms: a tone that stops dead would click.
  const release = Math.min(count, 0.03 * sampleRate);
  for (let i = 0; i < count; i += 1) {
    const fade = Math.min(1, (count - i) / release);
    samples[first + i] = (samples[first + i] ?? 0) + volume * fade * voice(i / sampleRate, omega);
  }
}

/** The song as samples between -1 and 1, at {@link sampleRate}, one channel. */
export function renderSong(plan: SongPlan): Float32Array {
  const samples = new Float32Array(plan.seconds * sampleRate);
  const beat = 60 / plan.bpm;
  const midi = (step: number) => plan.root + 12 * Math.floor(step / 7) + (plan.scale[((step % 7) + 7) % 7] ?? 0);
  const noise = seededRandom('noise', plan.title);
  const hat: Voice = (t) => Math.exp(-60 * t) * (noise() * 2 - 1);

  plan.chords.forEach((chord, bar) => {
    const from = bar * beatsPerBar * beat;
    for (const step of [chord, chord + 2, chord + 4]) add(samples, pad, midi(step) - 12, from, beatsPerBar * beat, 0.1);
    for (const at of [0, 1.5, 2]) add(samples, bass, midi(chord) - 24, from + at * beat, 1.6 * beat, 0.34);
    if (!plan.drums) return;
    for (const at of [0, 2]) add(samples, kick, 0, from + at * beat, 0.3, 0.6);
    for (let at = 0.5; at < beatsPerBar; at += 0.5)
      add(samples, hat, 0, from + at * beat, 0.08, at % 1 === 0 ? 0.05 : 0.1);
  });
  // Notes ring a little into the next one.
  for (const note of plan.melody) add(samples, pluck, midi(note.step), note.beat * beat, note.beats * beat + 0.4, 0.36);

  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  return samples.map((sample) => (sample / peak) * 0.85);
}
