import { isWhisulError, jobSchema, jobStateSchema, songSchema, WhisulError } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIsoTimestamp } from '../src/model/timestamp.js';
import { completedBody, failedBody, result, runningBody } from './answers.js';

const oddValue = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    '',
    ' ',
    0,
    -1,
    NaN,
    true,
    '2026-02-17 15:39:34',
    '2:47',
    '1:02:47',
    'running',
    'completed',
    'failed',
  ),
  fc.jsonValue(),
);
const oddJob = fc
  .tuple(
    fc.constantFrom(runningBody, completedBody, failedBody),
    fc.dictionary(
      fc.constantFrom(
        'status',
        'prompt',
        'result',
        'error',
        'started_at',
        'finished_at',
        'reported_status',
        'job_id',
        'extra',
        '__proto__',
        'constructor',
      ),
      oddValue,
    ),
    fc.dictionary(fc.constantFrom(...Object.keys(result)), oddValue),
  )
  .map(([body, over, inside]): Record<string, unknown> => ({
    job_id: 'a',
    ...body,
    ...(body.result === null ? {} : { result: { ...body.result, ...inside } }),
    ...over,
  }));

describe('jobSchema', () => {
  it('parse(parse(x)) equals parse(x), survives JSON, and is itself a job state', () => {
    fc.assert(
      fc.property(oddJob, (value) => {
        const read = jobSchema.safeParse(value);
        if (!read.success) return;
        expect(jobSchema.parse(read.data)).toEqual(read.data);
        expect(jobStateSchema.parse(read.data)).toEqual(read.data);
        const travelled: unknown = JSON.parse(JSON.stringify(read.data));
        expect(jobSchema.parse(travelled)).toEqual(travelled);
        expect(Object.getPrototypeOf(read.data)).toBe(Object.prototype);
      }),
      { numRuns: 1_000 },
    );
  });

  it('what it lets through obeys the type', () => {
    fc.assert(
      fc.property(oddJob, (value) => {
        const read = jobSchema.safeParse(value);
        if (!read.success) return;
        const job = read.data;
        expect(['running', 'completed', 'failed']).toContain(job.status);
        expect(typeof job.prompt).toBe('string');
        expect(job.result === null).toBe(job.status !== 'completed');
        expect(typeof job.error === 'string').toBe(job.status === 'failed');
        if (job.started_at !== undefined) expect(new Date(job.started_at).toISOString()).toBe(job.started_at);
        if (job.status === 'completed') {
          expect(Number.isFinite(job.result.duration)).toBe(true);
          expect(
            [job.result.song_url, job.result.image_url].every((url) => /^https?:$/.test(new URL(url).protocol)),
          ).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws anything but what a schema throws, and never on safeParse', () => {
    fc.assert(fc.property(fc.anything(), (value) => void jobSchema.safeParse(value)));
    fc.assert(fc.property(fc.anything(), (value) => void jobStateSchema.safeParse(value)));
  });

  it.each([
    [183, 183],
    ['183', 183],
    ['2:47', 167],
    ['0:07', 7],
    ['1:02:47', 3767],
    ['12:34:56', 45296],
    ['90:00', 5400],
    [182.5, 182.5],
    [0, 0],
  ])('the duration %j is %d s', (duration, expected) => {
    expect(songSchema.parse({ ...result, duration }).duration).toBe(expected);
  });

  it.each([null, undefined, '', 'abc', '2:4a', '-5', -5, NaN, Infinity, '1:2:3:4', '2:60', '2:47 min', {}, []])(
    'the duration %j is none',
    (duration) => {
      expect(songSchema.safeParse({ ...result, duration }).success).toBe(false);
    },
  );

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://x/1',
    '/songs/1.mp3',
    '',
    'http://',
    ' ',
    42,
  ])('%j is no song_url', (song_url) => {
    expect(songSchema.safeParse({ ...result, song_url }).success).toBe(false);
    expect(songSchema.safeParse({ ...result, image_url: song_url }).success).toBe(false);
  });

  it('a failed job without a reason is still a failed job', () => {
    for (const error of [null, undefined, '', 42, {}]) {
      const job = jobSchema.parse({ ...failedBody, job_id: 'a', error });
      expect(job.status).toBe('failed');
      expect(job.error).toMatch(/./);
    }
  });
});

describe('timestamps', () => {
  it('without a zone are UTC, whatever the machine', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true }),
        (date) => {
          const iso = date.toISOString().replace(/\.\d+/, '.000');
          const written = iso.replace('T', ' ').replace('.000Z', '');
          expect(toIsoTimestamp(written)).toBe(iso);
          expect(toIsoTimestamp(iso)).toBe(iso);
        },
      ),
    );
  });

  it.each([
    '2026-02-30 10:00:00',
    '2026-13-01 10:00:00',
    '2026-02-17 25:00:00',
    '2026-02-17 10:61:00',
    'yesterday',
    '',
    ' ',
    '0000-00-00 00:00:00',
    1771342774,
    null,
    undefined,
    {},
    'Tue Feb 17 2026',
  ])('%j cannot be read', (value) => {
    expect(toIsoTimestamp(value)).toBeUndefined();
  });

  it('never throws; what it gives it reads again as it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.anything(),
          fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/),
        ),
        (value) => {
          const iso = toIsoTimestamp(value);
          if (iso !== undefined) expect(toIsoTimestamp(iso)).toBe(iso);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('WhisulError', () => {
  it('is plain data in JSON, without cause and stack', () => {
    const error = new WhisulError('network', 'The connection failed.', {
      jobId: 'a',
      status: undefined,
      cause: new Error('x'),
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'WhisulError',
      code: 'network',
      message: 'The connection failed.',
      jobId: 'a',
    });
    expect('status' in error).toBe(false);
    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('isWhisulError tells it, and its code, from anything else', () => {
    const error = new WhisulError('network', 'x');
    expect([isWhisulError(error), isWhisulError(error, 'network'), isWhisulError(error, 'closed')]).toEqual([
      true,
      true,
      false,
    ]);
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(isWhisulError(value)).toBe(false);
      }),
    );
    expect(isWhisulError(Object.assign(new Error('x'), { name: 'WhisulError', code: 'no_such_code' }))).toBe(false);
  });
});
