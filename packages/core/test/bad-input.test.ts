import { type JobRef, type WhisulOptions } from '@whisul-rx/core';
import { parseJobRef } from '@whisul-rx/core/adapter';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { rejection, watch } from './watch.js';

useVirtualTime();

const client = (script: Script, options: WhisulOptions = {}) =>
  scriptedClient(script, { baseUrl: 'https://api.test/v1', ...options });
/** The same function for callers without types. */
const untyped =
  <T>(fn: (given: never) => T): ((given: unknown) => T) =>
  (given) =>
    Reflect.apply(fn, undefined, [given]);

describe('G5, S2: bad input is an error of the stream, before anything is sent', () => {
  const badRefs: readonly unknown[] = [
    '',
    '.',
    '..',
    '\ud800',
    'a\udfff',
    '/',
    '/jobs',
    '/jobs/',
    '/jobs/.',
    '/jobs/..',
    '/jobs/%2e%2e',
    '/jobs/a/b',
    '/jobs/a/',
    '/jobs/%',
    '/jobs/%ff',
    '/other/a',
    '/generate',
    '//evil.test/jobs/a',
    '/jobs/a?b',
    '/jobs/a#b',
    null,
    undefined,
    0,
    42,
    {},
    [],
    { job_id: 7 },
    { job_id: '' },
    { job_id: '..' },
    { id: 'a' },
  ];
  it.each(badRefs.map((ref) => [ref]))('the job ref %j', async (ref) => {
    const { api, whisul } = client(inTurn(completed));
    const job = watch(untyped(whisul.job$)(ref));
    expect(job.error.code).toBe('invalid_request');
    expect((await rejection(untyped(whisul.getJob)(ref))).code).toBe('invalid_request');
    await seconds(10);
    expect(api.requests).toEqual([]);
  });

  it.each([
    ['abc', 'abc'],
    ['/jobs/abc', 'abc'],
    ['/jobs/a%2Fb', 'a/b'],
    ['a/b', 'a/b'],
    ['jobs/abc', 'jobs/abc'],
    ['%2e%2e', '%2e%2e'],
  ])('%j is the job %j', (ref: JobRef, id) => {
    expect(parseJobRef(ref).id).toBe(id);
  });

  const badPrompts: readonly unknown[] = [
    '',
    ' ',
    '\n\t ',
    '\u00a0',
    null,
    undefined,
    42,
    {},
    [],
    { prompt: '' },
    { prompt: ' ' },
    { prompt: 7 },
    { prompt: null },
  ];
  it.each(badPrompts.map((prompt) => [prompt]))('the prompt %j', async (prompt) => {
    const { api, whisul } = client(inTurn(accepted('a')));
    expect(watch(untyped(whisul.generate$)(prompt)).error.code).toBe('invalid_request');
    expect((await rejection(untyped(whisul.submit)(prompt))).code).toBe('invalid_request');
    await seconds(10);
    expect(api.requests).toEqual([]);
  });

  const badOptions: readonly unknown[] = [
    null,
    'x',
    [],
    ...[null, 0, '', {}, [], new AbortController(), { aborted: true }].map((signal) => ({ signal })),
  ];
  it.each(badOptions.map((options) => [options]))('the options %j of a call', async (options) => {
    const { api, whisul } = client(byMethod(inTurn(accepted('a')), inTurn(completed)));
    for (const call of [whisul.submit, whisul.getJob]) {
      const error = await rejection(untyped((given: never) => call('a', given))(options));
      expect(error.code).toBe('invalid_request');
      expect(error.message).toMatch(/^The option `(options|signal)` must be an (object|AbortSignal)/);
    }
    await seconds(10);
    expect(api.requests).toEqual([]);
  });

  it('a prompt and an id that throw when they are read', async () => {
    const bug = () => {
      throw new Error('a bug of the user');
    };
    const { api, whisul } = client(inTurn(accepted('a')));
    const prompt = Object.defineProperty({}, 'prompt', { get: bug });
    const ref = Object.defineProperty({}, 'job_id', { get: bug });
    expect(watch(untyped(whisul.generate$)(prompt)).error.code).toBe('invalid_request');
    expect(watch(untyped(whisul.job$)(ref)).error.code).toBe('invalid_request');
    expect((await rejection(untyped(whisul.getJob)(ref))).code).toBe('invalid_request');
    await seconds(10);
    expect(api.requests).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['blank', ' '],
    ['unfit for a header', 'sk-\n1'],
    ['not ASCII', 'sk-ü'],
    ['none from its function', () => ''],
    ['a rejection', () => Promise.reject(new Error('vault sealed, token sk-secret'))],
    [
      'a throw',
      () => {
        throw new Error('vault sealed, token sk-secret');
      },
    ],
    ['no string', () => JSON.parse('42')],
  ])('a key that is %s', async (_, apiKey) => {
    const { api, whisul } = client(byMethod(inTurn(accepted('a')), inTurn(completed)), { apiKey });
    const streams = [watch(whisul.job$('a')), watch(whisul.generate$('a song'))];
    const promises = [rejection(whisul.submit('a song')), rejection(whisul.getJob('a'))];
    await seconds(60);
    for (const error of [...streams.map((stream) => stream.error), ...(await Promise.all(promises))]) {
      expect(error.code).toBe('unauthorized');
      expect(JSON.stringify([error, String(error), error.stack, error.cause])).not.toContain('sk-secret');
    }
    expect(api.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a timestamp that cannot be read is left out with a warning, and costs no song', async () => {
    const { whisul, events } = client(
      inTurn({
        body: {
          ...(typeof completed.body === 'object' ? completed.body : {}),
          started_at: 'yesterday',
          finished_at: 17,
        },
      }),
    );
    const job = watch(whisul.job$('a'));
    await seconds(1);
    expect(job.values).toMatchObject([{ status: 'completed' }]);
    expect(Object.keys(job.values[0] ?? {})).not.toContain('started_at');
    expect(JSON.stringify(events.values)).toMatch(/warning.*started_at.*warning.*finished_at/);
  });
});
