import { createWhisul, fixedSchedule, type Transport, type WhisulOptions } from '@whisul-rx/core';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { completedBody } from './answers.js';
import { hostileServer } from './hostile-server.js';
import { transports } from './transports.js';
import { watch } from './watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const headers = new Headers();
const bug = () => {
  throw new TypeError('a bug of the user');
};
const text = () => Promise.resolve(JSON.stringify(completedBody));

/** What a transport without types may answer. */
const answers: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', 'ok'],
  ['no text', { status: 200, headers }],
  ['a text that throws', { status: 200, headers, text: bug }],
  ['a text that is there at once', { status: 200, headers, text: () => JSON.stringify(completedBody) }],
  ['a text that is a number', { status: 200, headers, text: () => Promise.resolve(42) }],
  ['a text that is nothing', { status: 200, headers, text: () => Promise.resolve(undefined) }],
  ['no status', { headers, text }],
  [
    'a status that throws',
    {
      get status() {
        return bug();
      },
      headers,
      text,
    },
  ],
  ['a 429 without headers', { status: 429, text }],
  ['a 500 without headers', { status: 500, text }],
  ['a 503 whose headers throw', { status: 503, headers: { get: bug }, text }],
  ['a 429 whose headers hold numbers', { status: 429, headers: { get: () => 5 }, text }],
];

describe('G2: an answer that is compressed', () => {
  it.each(transports)('is asked for by %s only where it can be read', async (_, transport) => {
    vi.useRealTimers();
    const server = await hostileServer((response, { headers: asked }) => {
      const body = Buffer.from(JSON.stringify({ job_id: 'a', poll_url: '/jobs/a' }));
      // Without the header every coding will do (RFC 9110, 12.5.3).
      if (!/gzip/.test(asked['accept-encoding'] ?? 'gzip')) response.writeHead(202).end(body);
      else response.writeHead(202, { 'content-encoding': 'gzip' }).end(gzipSync(body));
    });
    const whisul = createWhisul({ apiKey: 'sk-test', baseUrl: server.url, ...transport });
    await expect(whisul.submit('a song')).resolves.toMatchObject({ job_id: 'a' });
  });
});

describe('J7, G2: an odd transport or option ends no stream without an error', () => {
  async function outcome(options: WhisulOptions) {
    const retry = { maxFailures: 2, baseDelay: 10, maxDelay: 20 };
    const whisul = createWhisul({
      apiKey: 'sk-test',
      schedule: fixedSchedule(1_000),
      retry,
      budget: { maxInFlight: 1 },
      ...options,
    });
    whisul.events$.subscribe();
    const streams = [watch(whisul.job$('a')), watch(whisul.generate$('a song')), watch(whisul.job$('b'))];
    await vi.advanceTimersByTimeAsync(200_000);
    // A call that never leaves the lane would hold up the others.
    expect(streams.map(({ errors, completions }) => errors.length + completions)).toEqual([1, 1, 1]);
    expect(vi.getTimerCount()).toBe(0);
    return streams.flatMap(({ errors }) => (errors.length === 0 ? [] : [errors]));
  }

  it.each(answers)('a transport that answers with %s', async (_, answer) => {
    const odd: { transport: Transport } = { transport: async () => JSON.parse('null') };
    Object.assign(odd, { transport: () => Promise.resolve(answer) });
    for (const [error] of await outcome(odd)) expect(error).toMatchObject({ name: 'WhisulError' });
  });

  it.each<readonly [string, () => number]>([
    ['throws', bug],
    ['is not a number', () => NaN],
    ['is no part of a whole', () => -1e9],
  ])('a `random` that %s', async (_, random) => {
    for (const [error] of await outcome({ random, transport: async () => ({ status: 429, headers, text }) })) {
      expect(error).toMatchObject({ name: 'WhisulError', code: 'rate_limited' });
    }
  });

  it('a byte order mark before the JSON', async () => {
    const marked = () => text().then((json) => `\uFEFF${json}`);
    const whisul = createWhisul({ apiKey: 'sk-test', transport: async () => ({ status: 200, headers, text: marked }) });
    await expect(whisul.getJob('a')).resolves.toMatchObject({ status: 'completed' });
  });
});
