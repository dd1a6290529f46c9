import { describe, expect, it, vi } from 'vitest';
import {
  accepted,
  completed,
  completedBody,
  connectionError,
  failed,
  hanging,
  result,
  running,
  status,
} from './answers.js';
import { type Answer, byMethod, inTurn } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, watch } from './watch.js';

useVirtualTime();

const transient: readonly (readonly [string, Answer])[] = [
  ['a refused connection', connectionError('ECONNREFUSED')],
  ['a reset', connectionError('ECONNRESET', 'read')],
  ['an error with no code at all', { error: new Error('something') }],
  ['a rejection with a string', { error: 'nope' }],
  ['a rejection with undefined', { error: undefined }],
  ['a body that breaks off', { ...running, bodyError: new Error('terminated') }],
  ['a slow answer', hanging],
  ['a hanging body', { ...running, bodyDelay: 1e9 }],
  ...[408, 425, 429, 500, 502, 503, 504, 520, 599].map((code) => [`a ${code}`, status(code)] as const),
  ['HTML', { body: '<html><body>Bad gateway</body></html>' }],
  ['nothing', { body: '' }],
  ['a 204', { status: 204, body: '' }],
  ['truncated JSON', { body: '{"status":"comple' }],
  ['a JSON array', { body: [] }],
  ['JSON null', { body: 'null' }],
  ['completed without a result', { body: { ...completedBody, result: null } }],
  ['completed with half a result', { body: { ...completedBody, result: { ...result, song_url: undefined } } }],
  [
    'a song_url that is no web address',
    { body: { ...completedBody, result: { ...result, song_url: 'javascript:alert(1)' } } },
  ],
  [
    'an image_url that is no web address',
    { body: { ...completedBody, result: { ...result, image_url: 'data:text/html,x' } } },
  ],
];
const codes: Readonly<Record<string, string>> = {
  'a slow answer': 'request_timeout',
  'a hanging body': 'request_timeout',
  'a 408': 'request_timeout',
  'a 429': 'rate_limited',
};

describe('J7: a failed poll is not a failed job', () => {
  it.each(transient)('%s is asked again', async (_, answer) => {
    const { api, whisul } = scriptedClient(inTurn(running, answer, answer, completed));
    const job = watch(whisul.job$('a'));
    await seconds(200);
    expect(statuses(job.values)).toEqual(['running', 'completed']);
    expect(api.requests).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(transient)('%s ends the stream with its code after maxFailures in a row', async (name, answer) => {
    const { api, whisul } = scriptedClient(inTurn(running, answer), { retry: { maxFailures: 3 } });
    const job = watch(whisul.job$('a'));
    await seconds(400);
    expect(job.error).toMatchObject({ jobId: 'a', lastState: { status: 'running' } });
    if (name in codes) expect(job.error.code).toBe(codes[name]);
    else if (/refused|reset|error|rejection|breaks/.test(name)) expect(job.error.code).toBe('network');
    else if (/a (425|5..)/.test(name)) expect(job.error.code).toBe('server_error');
    else expect(job.error.code).toBe('invalid_response');
    expect(api.requests).toHaveLength(4);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'not_found'],
    [410, 'not_found'],
    [400, 'invalid_request'],
    [402, 'invalid_request'],
    [409, 'invalid_request'],
    [422, 'invalid_request'],
    [451, 'invalid_request'],
    [300, 'invalid_response'],
    [301, 'invalid_response'],
    [302, 'invalid_response'],
    [304, 'invalid_response'],
    [307, 'invalid_response'],
  ])('a %i ends it at once as %s', async (code, expected) => {
    const { api, whisul } = scriptedClient(
      inTurn(running, status(code, { location: 'https://elsewhere.test/' }), completed),
    );
    const job = watch(whisul.job$('a'));
    await seconds(100);
    expect(job.error).toMatchObject({ code: expected, status: code, jobId: 'a' });
    expect(api.requests).toHaveLength(2);
  });

  it('any good answer resets the count', async () => {
    const bad = status(500);
    const { whisul } = scriptedClient(inTurn(bad, bad, running, bad, bad, running, bad, bad, completed), {
      retry: { maxFailures: 3 },
    });
    const job = watch(whisul.job$('a'));
    await seconds(300);
    expect(statuses(job.values)).toEqual(['running', 'completed']);
  });

  it('an answer that changes nothing resets it too', async () => {
    const bad = status(500);
    const { api, whisul } = scriptedClient(inTurn(running, bad, bad, running, bad, bad, running, bad, bad, failed), {
      retry: { maxFailures: 3 },
    });
    const job = watch(whisul.job$('a'));
    await seconds(300);
    expect(statuses(job.values)).toEqual(['running', 'failed']);
    expect(api.requests).toHaveLength(10);
  });

  it.each([
    [0, [1, 1, 1, 1, 1, 1]],
    [0.5, [1.5, 2.5, 4.5, 8.5, 15.5, 15.5]],
    [1, [2, 4, 8, 16, 30, 30]],
  ])('waits between baseDelay and min(maxDelay, baseDelay * 2^failures): random %d', async (random, waits) => {
    const { api, whisul } = scriptedClient(inTurn(status(500)), { random: () => random, retry: { maxFailures: 7 } });
    const events = watch(whisul.events$);
    watch(whisul.job$('a'));
    await seconds(300);
    const gaps = api.times.slice(1).map((at, i) => (at - (api.times[i] ?? 0)) / 1000);
    expect(gaps).toEqual(waits);
    const retries = events.values.flatMap((event) => (event.type === 'retry' ? [event] : []));
    expect(retries.map(({ wait }) => wait / 1000)).toEqual(waits);
    expect(retries.map(({ failures }) => failures)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(retries[0]).toMatchObject({ job_id: 'a', code: 'server_error' });
  });

  it('a baseDelay above maxDelay is still the least wait', async () => {
    const { api, whisul } = scriptedClient(inTurn(status(500), completed), {
      random: () => 1,
      retry: { baseDelay: 7_000, maxDelay: 2_000 },
    });
    watch(whisul.job$('a'));
    await seconds(30);
    expect(api.times).toEqual([0, 7_000]);
  });

  it('a slow poll is cut off at requestTimeout and its request aborted', async () => {
    const { api, whisul } = scriptedClient(inTurn(hanging, completed), { requestTimeout: 3_000 });
    const job = watch(whisul.job$('a'));
    await seconds(3);
    expect(api.requests[0]?.signal.aborted).toBe(true);
    await seconds(10);
    expect(api.times).toEqual([0, 4_000]);
    expect(statuses(job.values)).toEqual(['completed']);
  });

  it("a 404 in the first 60 s after the client's own 202 is a failed poll", async () => {
    const { api, whisul } = scriptedClient(
      byMethod(inTurn(accepted('a')), inTurn(status(404), status(404), running, completed)),
    );
    const job = watch(whisul.generate$('a song'));
    await seconds(100);
    expect(statuses(job.values)).toEqual(['submitted', 'running', 'completed']);
    expect(api.gets).toHaveLength(4);
  });

  it('a later one, a 410, or one for a job of somebody else is the end', async () => {
    const late = scriptedClient(byMethod(inTurn(accepted('a')), inTurn(status(404))), {
      retry: { maxFailures: Infinity },
    });
    const job = watch(late.whisul.generate$('a song'));
    await seconds(120);
    expect(job.error).toMatchObject({ code: 'not_found', jobId: 'a', lastState: { status: 'submitted' } });
    expect(late.api.gets.at(-1)?.at).toBeGreaterThanOrEqual(60_000 + (late.api.posts[0]?.at ?? 0));
    const gone = scriptedClient(byMethod(inTurn(accepted('a')), inTurn(status(410))));
    const job2 = watch(gone.whisul.generate$('a song'));
    await seconds(120);
    expect(job2.error.code).toBe('not_found');
    expect(gone.api.gets).toHaveLength(1);
  });
});
