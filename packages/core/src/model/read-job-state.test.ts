import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jobStateSchema } from './job-schema.js';
import { readJobState } from './read-job-state.js';

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

it('reads and refuses exactly what the schema does', () => {
  fc.assert(
    fc.property(state, (raw) => {
      const before = structuredClone(raw);
      const expected = jobStateSchema.safeParse(raw);
      expect(readJobState(raw)).toEqual(expected.success ? expected.data : undefined);
      expect(raw, 'what was given is left alone').toEqual(before);
    }),
    { numRuns: 1_000 },
  );
});

it('reads songs', () => {
  // All fields are right, so that every run shows something about songs.
  const good = fc.record({
    title: fc.string(),
    bpm: fc.integer(),
    duration: fc.constantFrom(183, '183', '2:47', ' 1:02:47 '),
    song_url: fc.webUrl(),
    image_url: fc.webUrl(),
    tags: fc.string(),
  });
  fc.assert(
    fc.property(good, time, time, (result, started_at, finished_at) => {
      const raw = { job_id: 'a', status: 'completed', result, started_at, finished_at };
      const job = readJobState(raw);
      expect(job).toEqual(jobStateSchema.parse(raw));
      expect(job?.status).toBe('completed');
      expect(readJobState(job), 'a state that was read before is given back as it is').toBe(job);
    }),
  );
});

it('keeps what it does not know', () => {
  const raw = { job_id: 'a', status: 'queued', cover: { kind: 'x' } };
  expect(readJobState(raw)).toEqual({
    job_id: 'a',
    status: 'running',
    reported_status: 'queued',
    cover: { kind: 'x' },
    prompt: '',
    result: null,
    error: null,
  });
});

it.each([undefined, null, 7, 'running', [], { status: 'running' }, { job_id: '', status: 'running' }, { job_id: 'a' }])(
  'gives nothing for what is no state: %j',
  (value) => {
    expect(readJobState(value)).toBeUndefined();
  },
);

it("refuses, as the schema does, a status that is not the value's own", () => {
  const inherited: unknown = Object.assign(Object.create({ status: 'failed' }), {
    ...{ job_id: 'a', prompt: 'a song', result: null, error: 'no', finished_at: 'yesterday' },
  });
  expect(jobStateSchema.safeParse(inherited).success).toBe(false);
  expect(readJobState(inherited)).toBeUndefined();
});
