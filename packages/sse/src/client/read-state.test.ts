import { jobStateSchema } from '@whisul-rx/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readState } from './read-state.js';

const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined));
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> => fc.oneof({ weight: 6, arbitrary: value }, junk);
const url = mostly(
  fc.oneof(
    fc.webUrl(),
    fc.constantFrom('', 'cdn/s.mp3', 'ftp://cdn/s.mp3', 'javascript:alert(1)', 'HTTPS://cdn/x', ' https://a/b '),
  ),
);
const duration = mostly(
  fc.oneof(fc.double(), fc.integer(), fc.constantFrom('183', '2:47', ' 2:47 ', '1:02:47', '2:61', '1:2:3:4', '-3', '')),
);
const song = mostly(
  fc.record(
    {
      title: mostly(fc.string()),
      bpm: mostly(fc.double()),
      duration,
      song_url: url,
      image_url: url,
      tags: mostly(fc.string()),
      more: junk,
    },
    { requiredKeys: ['title', 'bpm', 'duration', 'song_url', 'image_url', 'tags'] },
  ),
);
const time = mostly(
  fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom('2026-02-17 15:39:34', '2026-02-30 15:39:34', '2026-02-17T15:39:34,5+02:00', 'yesterday'),
  ),
);
const state = fc.record(
  {
    job_id: mostly(fc.string()),
    status: mostly(fc.constantFrom('submitted', 'running', 'completed', 'failed', 'queued')),
    prompt: mostly(fc.string()),
    result: song,
    error: mostly(fc.oneof(fc.string(), fc.constant(null))),
    started_at: time,
    finished_at: time,
    submitted_at: time,
    poll_url: mostly(fc.string()),
    reported_status: mostly(fc.string()),
    more: junk,
  },
  { requiredKeys: ['job_id', 'status'] },
);

it('reads and refuses exactly what the schema of core does', () => {
  let read = 0;
  fc.assert(
    fc.property(state, (raw) => {
      const expected = jobStateSchema.safeParse(raw);
      const actual = readState(raw);
      // As text: the order of the fields is the same, too.
      expect(JSON.stringify(actual)).toBe(JSON.stringify(expected.success ? expected.data : undefined));
      if (actual?.status === 'completed') read += 1;
    }),
    { numRuns: 3_000 },
  );
  // Else the test would show nothing about songs.
  expect(read).toBeGreaterThan(20);
});

it('keeps what it does not know', () => {
  const raw = { job_id: 'a', status: 'queued', cover: { kind: 'x' } };
  expect(readState(raw)).toMatchObject({
    status: 'running',
    reported_status: 'queued',
    cover: { kind: 'x' },
    prompt: '',
  });
});
