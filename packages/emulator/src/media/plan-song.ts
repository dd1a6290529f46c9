import { pick, seededRandom } from './seeded-random.js';

/** A note: when and for how long, in beats; its pitch in steps of the scale above the root. */
interface Note {
  readonly beat: number;
  readonly beats: number;
  readonly step: number;
}

/** What a song is, before it is sound. */
export interface SongPlan {
  readonly title: string;
  readonly tags: string;
  readonly bpm: number;
  /** Length in whole seconds. */
  readonly seconds: number;
  /** MIDI number of the root. */
  readonly root: number;
  /** Semitones of the seven steps of the scale. */
  readonly scale: readonly number[];
  /** The step each bar's chord stands on. */
  readonly chords: readonly number[];
  readonly melody: readonly Note[];
  readonly drums: boolean;
}

export const beatsPerBar = 4;

const major = [0, 2, 4, 5, 7, 9, 11];
const minor = [0, 2, 3, 5, 7, 8, 10];
const moods = [
  { words: /lo-?fi|relax|calm|sleep|ambient|slow|ballad|piano|rain|soft/i, bpm: [68, 88], tag: 'mellow' },
  { words: /techno|dance|drum|rock|metal|fast|epic|party|punk|energetic/i, bpm: [118, 140], tag: 'energetic' },
] as const;
const anyMood = { bpm: [84, 116], tag: 'warm' } as const;
const dark = /sad|dark|night|lonely|minor|moody|metal|techno|lo-?fi|drizzle|melanchol/i;
const smallWords = new Set('a an and the of for with in on to song beat track music'.split(' '));

const firstWords = [
  'Midnight',
  'Golden',
  'Paper',
  'Silver',
  'Distant',
  'Quiet',
  'Electric',
  'Velvet',
  'Northern',
] as const;
const lastWords = [
  'Drizzle',
  'Harbour',
  'Lanterns',
  'Skyline',
  'Letters',
  'Garden',
  'Signals',
  'Tides',
  'Avenue',
] as const;
const majorChords = [
  [0, 4, 5, 3],
  [0, 5, 3, 4],
  [0, 3, 1, 4],
  [3, 0, 4, 5],
] as const;
const minorChords = [
  [0, 5, 2, 6],
  [0, 3, 5, 4],
  [0, 6, 5, 6],
  [0, 2, 6, 3],
] as const;
const rhythms = [
  [1, 1, 1, 1],
  [1.5, 0.5, 1, 1],
  [0.5, 0.5, 1, 2],
  [2, 1, 1],
  [0.5, 0.5, 0.5, 0.5, 2],
] as const;
// Steps that sound well over every chord of the key.
const pentatonic = { major: [0, 1, 2, 4, 5], minor: [0, 2, 3, 4, 6] } as const;

function planMelody(random: () => number, bars: number, steps: readonly number[]): Note[] {
  // The second half answers the first with the same rhythm, which is what makes it a tune.
  const half = Array.from({ length: bars / 2 }, () => pick(random, rhythms));
  const notes: Note[] = [];
  let place = 2 + Math.floor(random() * 4);
  [...half, ...half].forEach((rhythm, bar) => {
    let beat = bar * beatsPerBar;
    for (const beats of rhythm) {
      place = Math.min(8, Math.max(0, place + Math.floor(random() * 5) - 2));
      const step = (steps[place % steps.length] ?? 0) + 7 * Math.floor(place / steps.length);
      if (random() > 0.12) notes.push({ beat, beats, step });
      beat += beats;
    }
  });
  return notes;
}

/** The same prompt and seed always give the same song. */
export function planSong(prompt: string, seed: number): SongPlan {
  const random = seededRandom('song', seed, prompt);
  const mood = moods.find(({ words }) => words.test(prompt)) ?? anyMood;
  const inMinor = dark.test(prompt) || random() < 0.3;
  const bpm = Math.round(mood.bpm[0] + random() * (mood.bpm[1] - mood.bpm[0]));
  const chords = pick(random, inMinor ? minorChords : majorChords);
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? [];
  const topics = words.filter((word) => !smallWords.has(word)).slice(0, 4);
  return {
    title: `${pick(random, firstWords)} ${pick(random, lastWords)}`,
    tags: [...new Set([...topics, mood.tag])].join(', '),
    bpm,
    // The last beat rings out for about a second.
    seconds: Math.ceil((chords.length * beatsPerBar * 60) / bpm + 0.8),
    root: 57 + Math.floor(random() * 7),
    scale: inMinor ? minor : major,
    chords,
    melody: planMelody(random, chords.length, inMinor ? pentatonic.minor : pentatonic.major),
    drums: random() < 0.85,
  };
}
