import fc from 'fast-check';
import { expect, it } from 'vitest';
import { progressOf, usualDuration } from './progress-of.js';
import type { Track } from './track.js';

it('a bar only grows, and is never full before the end', () => {
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(ms, ms, fc.double({ min: 1, max: 1e7, noNaN: true }), (one, other, usual) => {
      const [early, late] = one < other ? [one, other] : [other, one];
      expect(progressOf(early, usual)).toBeGreaterThanOrEqual(0);
      expect(progressOf(late, usual)).toBeGreaterThanOrEqual(progressOf(early, usual));
      expect(progressOf(late, usual)).toBeLessThan(0.98);
    }),
  );
});

it('jobs usually take the median of three or more, else what the server says', () => {
  const track = (took: number, phase: 'completed' | 'failed' = 'completed'): Track => ({
    key: '',
    prompt: '',
    steps: [
      { phase: 'waiting', at: 0 },
      { phase: 'sending', at: 50 },
      { phase, at: 50 + took },
    ],
  });
  const board = (...tracks: Track[]) => new Map(tracks.map((each, at) => [String(at), each]));
  expect(usualDuration(board(track(10), track(20), track(5, 'failed')), 99)).toBe(99);
  expect(usualDuration(board(track(30), track(10), track(20), track(5, 'failed')), 99)).toBe(20);
});
