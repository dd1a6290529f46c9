import fc from 'fast-check';
import { expect, it } from 'vitest';
import { progressOf, restOf, usualDuration } from './progress-of.js';
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

it('the rest is that of the song that was sent last', () => {
  const sent = (at: number, phase: 'running' | 'completed' = 'running'): Track => ({
    key: '',
    prompt: '',
    steps: [
      { phase: 'sending', at },
      { phase, at },
    ],
  });
  const rest = (now: number) =>
    restOf(new Map([sent(0), sent(40), sent(90, 'completed')].map((track, at) => [String(at), track])), 100, now);
  expect([rest(50), rest(139), rest(500)]).toEqual([90, 1, 0]);
});
