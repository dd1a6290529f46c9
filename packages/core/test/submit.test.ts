import { type WhisulOptions } from '@whisul-rx/core';
import { repeat, retry } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, connectionError, failed, hanging, running, status } from './answers.js';
import { type Answer, byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { rejection, statuses, watch } from './watch.js';

const start = Date.UTC(2026, 1, 17);
useVirtualTime(start);

function client(post: Script, get: Script = inTurn(completed), options: WhisulOptions = {}) {
  const scripted = scriptedClient(byMethod(post, get), options);
  const receipts = () => scripted.events.values.filter(({ type }) => type === 'submitted');
  return { ...scripted, receipts };
}

describe('G1: one call is at most one paid job', () => {
  it('however often it is subscribed: the first submits, later ones join', async () => {
    const { api, whisul } = client(inTurn({ ...accepted('a'), delay: 500 }), inTurn(running, completed));
    const song$ = whisul.generate$('a song');
    await seconds(10);
    expect(api.requests).toEqual([]);
    const first = watch(song$);
    const second = watch(song$);
    await seconds(6);
    const third = watch(song$);
    expect(statuses(third.values)).toEqual(['submitted', 'running']);
    await seconds(30);
    const late = watch(song$);
    expect(statuses(late.values)).toEqual(['submitted', 'completed']);
    for (const job of [first, second, third])
      expect(statuses(job.values)).toEqual(['submitted', 'running', 'completed']);
    expect([api.posts.length, api.gets.length]).toEqual([1, 2]);
  });

  it('however often it is repeated, retried, or mounted twice', async () => {
    const repeated = client(inTurn(accepted('a')), inTurn(failed));
    watch(repeated.whisul.generate$('a song').pipe(repeat(3)));
    await seconds(60);
    expect([repeated.api.posts.length, repeated.api.gets.length]).toEqual([1, 1]);
    const doubted = client(inTurn(status(500)));
    const job = watch(doubted.whisul.generate$('a song').pipe(retry(5)));
    await seconds(60);
    expect(job.error.code).toBe('submit_unknown');
    expect(doubted.api.posts).toHaveLength(1);
    const mounted = client(inTurn({ ...accepted('a'), delay: 500 }));
    const song$ = mounted.whisul.generate$('a song');
    watch(song$).unsubscribe();
    const again = watch(song$);
    await seconds(10);
    expect(statuses(again.values)).toEqual(['submitted', 'completed']);
    expect(mounted.api.posts).toHaveLength(1);
    // A lost job is followed again, never submitted again.
    const lost = client(inTurn(accepted('a')), inTurn(status(401)));
    watch(lost.whisul.generate$('a song').pipe(retry(3)));
    await seconds(60);
    expect(lost.api.posts).toHaveLength(1);
  });

  it('two calls are two jobs', async () => {
    const { api, whisul } = client(inTurn(accepted('a'), accepted('b')));
    const jobs = [watch(whisul.generate$('a song')), watch(whisul.generate$({ prompt: 'a song' }))];
    await seconds(10);
    expect(jobs.map(({ values }) => values[0]?.job_id)).toEqual(['a', 'b']);
    expect(api.posts.map(({ body }) => body)).toEqual(['{"prompt":"a song"}', '{"prompt":"a song"}']);
  });

  it('a definite refusal may be tried again by the caller', async () => {
    const { api, whisul } = client(inTurn(status(401), accepted('a')));
    const song$ = whisul.generate$('a song');
    const refused = watch(song$);
    await seconds(1);
    expect(refused.error.code).toBe('unauthorized');
    const job = watch(song$);
    await seconds(10);
    expect(statuses(job.values)).toEqual(['submitted', 'completed']);
    expect(api.posts).toHaveLength(2);
  });
});

const doubtful: readonly (readonly [string, Answer])[] = [
  ['a reset', connectionError('ECONNRESET', 'read')],
  ['a broken pipe', connectionError('EPIPE', 'write')],
  ['an error that says nothing', { error: new Error('?') }],
  ['a route lost under way', connectionError('EHOSTUNREACH', 'write')],
  ['a slow answer', hanging],
  ['a hanging body', { ...accepted('a'), bodyDelay: 1e9 }],
  ['a body that breaks off', { ...accepted('a'), bodyError: new Error('terminated') }],
  ...[300, 302, 304, 307, 308, 408, 500, 502, 503, 504].map(
    (code) => [`a ${code}`, status(code, { 'Retry-After': '1' })] as const,
  ),
  ['an empty 202', { status: 202, body: '' }],
  ['a 204', { status: 204, body: '' }],
  ['a broken 202', { status: 202, body: '{"job_id":"ab' }],
  ['an HTML 200', { status: 200, body: '<html>' }],
  ['a 202 without an id', { status: 202, body: { message: 'Composition task received.' } }],
  ...['', '.', '..', '\ud800', null, true, {}, ['a'], 1.5, 2 ** 60].map(
    (id) => [`the id ${JSON.stringify(id)}`, accepted(id)] as const,
  ),
];

describe('G2: sent again exactly when it provably was not accepted', () => {
  it.each(doubtful)('%s is submit_unknown and never sent again', async (_, answer) => {
    const { api, whisul, receipts } = client(inTurn(answer, accepted('b')));
    const song$ = whisul.generate$('a song');
    const job = watch(song$);
    const promised = rejection(client(inTurn(answer)).whisul.submit('a song'));
    await seconds(400);
    for (const error of [job.error, await promised]) {
      expect(error).toMatchObject({ code: 'submit_unknown', prompt: 'a song' });
      expect(error.message).toMatch(/may have been accepted and charged/);
    }
    expect(watch(song$).error.code).toBe('submit_unknown');
    await seconds(400);
    expect(api.requests).toHaveLength(1);
    expect(receipts()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [402, 'invalid_request'],
    [403, 'unauthorized'],
    [404, 'not_found'],
    [409, 'invalid_request'],
    [410, 'not_found'],
    [413, 'invalid_request'],
    [422, 'invalid_request'],
    [425, 'server_error'],
  ])('a %i is definite: %s, sent once', async (code, expected) => {
    const { api, whisul } = client(inTurn(status(code), accepted('b')));
    const job = watch(whisul.generate$('a song'));
    await seconds(400);
    expect(job.error).toMatchObject({ code: expected, status: code, prompt: 'a song' });
    expect(api.requests).toHaveLength(1);
  });

  it.each([
    ['a refused connection', connectionError('ECONNREFUSED')],
    ['an unknown host', connectionError('ENOTFOUND', 'getaddrinfo')],
    ['a name server that fails', connectionError('EAI_AGAIN', 'getaddrinfo')],
    ['an unreachable host', connectionError('EHOSTUNREACH')],
    ['an unreachable net', connectionError('ENETUNREACH')],
    ['a 429', status(429)],
    ['a 429 with a body that hangs', { ...status(429), bodyDelay: 1e9 }],
    ['a 429 with a body that breaks off', { ...status(429), bodyError: new Error('terminated') }],
  ])('after %s it goes again, by the retry policy', async (_, refusal) => {
    const { api, whisul, receipts } = client(inTurn(refusal, refusal, accepted('a')), undefined, {
      requestTimeout: 1_000,
    });
    const job = watch(whisul.generate$('a song'));
    await seconds(60);
    expect(statuses(job.values)).toEqual(['submitted', 'completed']);
    expect(api.posts).toHaveLength(3);
    expect(receipts()).toHaveLength(1);
    const waits = api.posts.map(({ at }) => at - start);
    expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it.each([
    ['network', connectionError('ECONNREFUSED')],
    ['rate_limited', status(429)],
  ])('gives up with %s after maxFailures: nothing was accepted', async (code, refusal) => {
    const { api, whisul } = client(inTurn(refusal), undefined, { retry: { maxFailures: 4 } });
    const job = watch(whisul.generate$('a song'));
    await seconds(200);
    expect(job.error).toMatchObject({ code, prompt: 'a song' });
    expect(api.posts).toHaveLength(4);
  });

  it.each([202, 200])('a body of a %i that fails like a connection that was never made is in doubt', async (code) => {
    const { error: bodyError } = connectionError('ECONNREFUSED');
    const { api, whisul } = client(inTurn({ ...status(code), bodyError }));
    const job = watch(whisul.generate$('a song'));
    await seconds(200);
    expect(job.error).toMatchObject({ code: 'submit_unknown', prompt: 'a song' });
    expect(api.posts).toHaveLength(1);
  });

  it('a 429 with Retry-After waits that long, and one above maxRetryAfter ends it', async () => {
    const { api, whisul } = client(inTurn(status(429, { 'Retry-After': '30' }), status(429, { 'Retry-After': '301' })));
    const job = watch(whisul.generate$('a song'));
    await seconds(29.9);
    expect(api.posts).toHaveLength(1);
    await seconds(1);
    expect(job.error).toMatchObject({ code: 'rate_limited', retryAfter: 301_000 });
    expect(api.posts).toHaveLength(2);
  });

  it.each([
    [200, accepted('a')],
    [201, accepted('a')],
    [202, accepted('a')],
    [202, accepted(4711)],
  ])('a %i with a usable id is accepted', async (code, answer) => {
    const { whisul } = client(inTurn({ ...answer, status: code }));
    const job = watch(whisul.generate$('a song'));
    await seconds(10);
    expect(statuses(job.values)).toEqual(['submitted', 'completed']);
    expect(typeof job.values[0]?.job_id).toBe('string');
  });
});

describe('G3: submitted comes as soon as the id is known', () => {
  it('before any poll; the first poll is one schedule step after the 202', async () => {
    const { api, whisul } = client(inTurn({ ...accepted('a'), delay: 700 }), inTurn(running));
    const job = watch(whisul.generate$('a song'));
    await seconds(0.7);
    const submitted = {
      status: 'submitted',
      job_id: 'a',
      prompt: 'a song',
      poll_url: '/jobs/a',
      submitted_at: new Date(start + 700).toISOString(),
    };
    expect(job.values).toEqual([submitted]);
    expect(api.gets).toEqual([]);
    await seconds(5);
    expect(api.times).toEqual([0, 5_700]);
    job.unsubscribe();
  });

  it('job$ of a receipt shares its record', async () => {
    const { api, whisul } = client(inTurn(accepted('a')), inTurn(running, completed));
    const receipt = await whisul.submit('a song');
    const job = watch(whisul.job$(receipt));
    await seconds(4.9);
    expect(api.gets).toEqual([]);
    await seconds(10);
    expect(statuses(job.values)).toEqual(['submitted', 'running', 'completed']);
  });

  it.each([
    () => {
      throw new Error('a bug of the user');
    },
    () => NaN,
  ])('a schedule that fails costs no paid id', async (schedule) => {
    const { whisul, receipts } = client(inTurn(accepted('a')), inTurn(running), { schedule });
    const job = watch(whisul.generate$('a song'));
    const receipt = whisul.submit('another song');
    await seconds(60);
    expect(job.values[0]).toMatchObject({ status: 'submitted', job_id: 'a' });
    expect(job.error.jobId).toBe('a');
    await expect(receipt).resolves.toMatchObject({ job_id: 'a' });
    expect(receipts()).toHaveLength(2);
  });
});
