import { decode } from 'fast-png';
import { describe, expect, test, vi } from 'vitest';
import { createMediaLibrary } from './media-library.js';
import { planSong } from './plan-song.js';

vi.setConfig({ testTimeout: 30_000 });
const prompts = [
  'a relaxing lo-fi hip hop beat',
  'fast techno',
  'sad piano',
  'x',
  '🎵',
  '   words   ',
  'a'.repeat(5_000),
];

function readWav(bytes: Uint8Array<ArrayBuffer>) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  const samples = Array.from({ length: (bytes.length - 44) / 2 }, (_, i) => view.getInt16(44 + 2 * i, true) / 0x8000);
  return {
    marks: [text(0), text(8), text(12), text(36)],
    riffBytes: view.getUint32(4, true),
    format: [view.getUint32(16, true), view.getUint16(20, true), view.getUint16(22, true)],
    rate: view.getUint32(24, true),
    bytesPerSecond: view.getUint32(28, true),
    frame: [view.getUint16(32, true), view.getUint16(34, true)],
    dataBytes: view.getUint32(40, true),
    samples,
  };
}

const rms = (samples: readonly number[]) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

describe.each(prompts)('the song of %j', (prompt) => {
  const { type, bytes } = createMediaLibrary(1).song(prompt);
  const wav = readWav(bytes);
  const plan = planSong(prompt, 1);

  test('is a valid WAV of 16-bit PCM, as long as the API says', () => {
    expect(type).toBe('audio/wav');
    expect(wav.marks).toEqual(['RIFF', 'WAVE', 'fmt ', 'data']);
    expect([wav.riffBytes, wav.dataBytes]).toEqual([bytes.length - 8, bytes.length - 44]);
    expect([wav.format, wav.frame]).toEqual([
      [16, 1, 1],
      [2, 16],
    ]);
    expect(wav.bytesPerSecond).toBe(wav.rate * 2);
    expect(wav.samples.length / wav.rate).toBe(plan.seconds);
    expect(plan.seconds).toBeGreaterThanOrEqual(5);
    expect(plan.seconds).toBeLessThanOrEqual(20);
  });

  test('can be heard all through, is not clipped and ends in silence', () => {
    expect(rms(wav.samples)).toBeGreaterThan(0.05);
    const bar = Math.floor(((4 * 60) / plan.bpm) * wav.rate);
    for (const at of [0, 1, 2, 3]) expect(rms(wav.samples.slice(at * bar, (at + 1) * bar))).toBeGreaterThan(0.03);
    expect(wav.samples.every((sample) => Math.abs(sample) < 0.9)).toBe(true);
    expect(rms(wav.samples.slice(-200))).toBeLessThan(0.02);
  });
});

describe.each(prompts)('the cover of %j', (prompt) => {
  test('is a PNG with something on it', () => {
    const { type, bytes } = createMediaLibrary(1).cover(prompt);
    const { width, height, channels, data } = decode(bytes);
    expect([type, width, height, channels]).toEqual(['image/png', 320, 320, 3]);
    expect(new Set(data).size).toBeGreaterThan(30);
  });
});

test('songs and covers depend on prompt and seed, and on nothing else', () => {
  const [one, same, other] = [createMediaLibrary(1), createMediaLibrary(1), createMediaLibrary(2)];
  for (const kind of ['song', 'cover'] as const) {
    const bytes = Buffer.from(one[kind]('rain').bytes);
    expect(bytes.equals(same[kind]('rain').bytes)).toBe(true);
    expect(bytes.equals(one[kind]('wind').bytes)).toBe(false);
    expect(bytes.equals(other[kind]('rain').bytes)).toBe(false);
  }
});

test('keeps the files that are asked for, and not many', () => {
  const library = createMediaLibrary(1);
  const often = library.cover('often');
  const once = library.cover('once');
  for (let i = 0; i < 16; i += 1) {
    library.cover(`another ${i}`);
    expect(library.cover('often')).toBe(often);
  }
  expect(library.cover('once')).not.toBe(once);
});

test('the plan follows the words of the prompt', () => {
  expect(planSong('calm ambient for sleep', 1).bpm).toBeLessThan(90);
  expect(planSong('fast techno', 1).bpm).toBeGreaterThan(115);
  expect(planSong('The song of the Sea, the sea', 1).tags).toMatch(/^sea, /);
  expect(planSong('', 1).tags).not.toBe('');
});
