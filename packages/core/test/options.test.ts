import { adaptiveSchedule, createWhisul, fixedSchedule, isWhisulError, type WhisulOptions } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { completed, running } from './answers.js';
import { inTurn, scriptedApi } from './scripted-api.js';
import { rejection, watch } from './watch.js';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('WHISUL_API_KEY', undefined);
  vi.stubEnv('WHISUL_BASE_URL', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const bad: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ...[
    '',
    'whisul.com/api',
    'ftp://whisul.com',
    'https://',
    'https://u:p@whisul.com/api',
    'https://whisul.com/api?x=1',
    'https://whisul.com/api#x',
    42,
    null,
  ].map((baseUrl) => ['baseUrl', { baseUrl }] as const),
  ...[42, {}, true].map((apiKey) => ['apiKey', { apiKey }] as const),
  ...['requestTimeout', 'jobTimeout', 'remember'].flatMap((name) =>
    [NaN, -1, '5', {}].map((value) => [name, { [name]: value }] as const),
  ),
  ...['maxFailures', 'baseDelay', 'maxDelay', 'maxRetryAfter'].flatMap((name) =>
    [NaN, -1, '5'].map((value) => [name, { retry: { [name]: value } }] as const),
  ),
  ...['requestsPerSecond', 'maxInFlight'].flatMap((name) =>
    [NaN, -1, 0, '5'].map((value) => [name, { budget: { [name]: value } }] as const),
  ),
  ...['fetch', 'transport', 'schedule', 'random'].map((name) => [name, { [name]: 'x' }] as const),
  ...[{}, 5, null, { schedule: () => undefined }].map((scheduler) => ['scheduler', { scheduler }] as const),
  ...['retry', 'budget'].flatMap((name) => [null, 5, 'x', true, []].map((value) => [name, { [name]: value }] as const)),
];

describe('options', () => {
  it.each(bad)('a bad %s is named: %j', (name, options) => {
    let thrown: unknown;
    try {
      Reflect.apply(createWhisul, undefined, [options]);
    } catch (error) {
      thrown = error;
    }
    expect(isWhisulError(thrown, 'invalid_request'), String(thrown)).toBe(true);
    expect(String(thrown)).toContain(name);
  });

  it.each([null, 5, 'https://whisul.com/api'])('%j are no options', (options) => {
    expect(() => Reflect.apply(createWhisul, undefined, [options])).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it.each([
    {
      requestTimeout: Infinity,
      jobTimeout: Infinity,
      remember: Infinity,
      retry: { maxFailures: Infinity, maxRetryAfter: Infinity, maxDelay: Infinity },
    },
    { requestTimeout: undefined, budget: {}, retry: {}, remember: 0 },
    { budget: { requestsPerSecond: Infinity, maxInFlight: Infinity } },
    {},
  ])('%j is fine', async (options) => {
    const api = scriptedApi(inTurn(completed));
    const create: (options: object) => ReturnType<typeof createWhisul> = createWhisul;
    const whisul = create({ ...options, apiKey: 'sk-test', transport: api.transport });
    const job = watch(whisul.job$('a'));
    await vi.advanceTimersByTimeAsync(10);
    expect(job.completions).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('key and base URL come from the environment, when the client is made', async () => {
    vi.stubEnv('WHISUL_API_KEY', 'sk-env');
    vi.stubEnv('WHISUL_BASE_URL', 'https://env.test/api');
    const api = scriptedApi(inTurn(completed));
    await createWhisul({ transport: api.transport }).getJob('a');
    expect(api.requests[0]).toMatchObject({
      url: 'https://env.test/api/jobs/a',
      headers: { authorization: 'Bearer sk-env' },
    });
    await createWhisul({ transport: api.transport, apiKey: 'sk-own', baseUrl: 'https://own.test' }).getJob('a');
    expect(api.requests[1]).toMatchObject({
      url: 'https://own.test/jobs/a',
      headers: { authorization: 'Bearer sk-own' },
    });
  });

  it('without a key there is a client, whose calls say `unauthorized`; the default is whisul.com', async () => {
    const api = scriptedApi(inTurn(completed));
    const whisul = createWhisul({ transport: api.transport });
    expect(await rejection(whisul.getJob('a'))).toMatchObject({ code: 'unauthorized' });
    expect(api.requests).toEqual([]);
    await createWhisul({ transport: api.transport, apiKey: 'sk-test' }).getJob('a');
    expect(api.requests[0]?.url).toBe('https://whisul.com/api/jobs/a');
  });

  it('defaults: 30 s a request, 900 s a job, 10 failures, 32 requests at once', async () => {
    const hang = scriptedApi(inTurn({ delay: 1e9 }));
    const options: WhisulOptions = { apiKey: 'sk-test', transport: hang.transport, random: () => 0 };
    const job = watch(createWhisul(options).job$('a'));
    await vi.advanceTimersByTimeAsync(29_990);
    expect(hang.inFlight).toBe(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(hang.inFlight).toBe(0);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(job.error.code).toBe('request_timeout');
    expect(hang.requests).toHaveLength(10);
    const many = createWhisul(options);
    const jobs = Array.from({ length: 40 }, (_, i) => watch(many.job$(`job-${i}`)));
    await vi.advanceTimersByTimeAsync(10);
    expect(hang.inFlight).toBe(32);
    jobs.forEach((one) => one.unsubscribe());
    const slow = watch(createWhisul({ ...options, transport: scriptedApi(inTurn(running)).transport }).job$('a'));
    await vi.advanceTimersByTimeAsync(899_000);
    expect(slow.errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(slow.error.code).toBe('job_timeout');
  });

  it('the pace is between 5 and 10 s by default', async () => {
    const api = scriptedApi(inTurn(running));
    const job = watch(createWhisul({ apiKey: 'sk-test', transport: api.transport }).job$('a'));
    await vi.advanceTimersByTimeAsync(600_000);
    job.unsubscribe();
    const gaps = api.times.slice(1).map((time, i) => time - (api.times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_001);
  });

  it('a schedule hears of polls, elapsed time and the durations this client has seen', async () => {
    const asked: unknown[] = [];
    const api = scriptedApi(inTurn(running, completed, running));
    const whisul = createWhisul({
      apiKey: 'sk-test',
      transport: api.transport,
      schedule: ({ polls, elapsed, durations }) => {
        asked.push([polls, elapsed, durations.count, durations.quantile(0.5)]);
        return 5_000;
      },
    });
    watch(whisul.job$('a'));
    await vi.advanceTimersByTimeAsync(10_000);
    watch(whisul.job$('b'));
    await vi.advanceTimersByTimeAsync(10);
    expect(asked[0]).toEqual([1, 0, 0, expect.closeTo(100_000, -3)]);
    expect(asked.at(-1)).toEqual([1, 0, 1, 98_000]);
  });

  it('a schedule is not asked what comes after the end, so it cannot cost a finished song', async () => {
    const api = scriptedApi(inTurn(completed));
    const schedule = vi.fn(() => NaN);
    const whisul = createWhisul({ apiKey: 'sk-test', transport: api.transport, schedule });
    const job = watch(whisul.job$('a'));
    await vi.advanceTimersByTimeAsync(10);
    expect(job.values).toMatchObject([{ status: 'completed' }]);
    expect(schedule).not.toHaveBeenCalled();
  });

  it('schedules and transports refuse what they cannot use', () => {
    for (const make of [
      () => Reflect.apply(adaptiveSchedule, undefined, [null]),
      () => Reflect.apply(undiciTransport, undefined, [null]),
      () => undiciTransport({ connections: 0 }),
      () => undiciTransport({ pipelining: NaN }),
      () => fixedSchedule(NaN),
      () => fixedSchedule(-1),
      () => adaptiveSchedule({ min: 10, max: 5 }),
      () => adaptiveSchedule({ expected: 0 }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
  });

  it.each([NaN, Infinity, 2])('a `random` that gives %d makes no hot loop', async (value) => {
    const api = scriptedApi(inTurn({ status: 500 }));
    const job = watch(
      createWhisul({
        apiKey: 'sk-test',
        transport: api.transport,
        random: () => value,
        retry: { maxFailures: 100 },
      }).job$('a'),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect(api.requests.length).toBeLessThanOrEqual(11);
    job.unsubscribe();
  });

  it('options are read once: a client does not change with them', async () => {
    const api = scriptedApi(inTurn(completed));
    const options = { apiKey: 'sk-test', transport: api.transport, baseUrl: 'https://one.test' };
    const whisul = createWhisul(options);
    options.baseUrl = 'https://two.test';
    await whisul.getJob('a');
    expect(api.requests[0]?.url).toBe('https://one.test/jobs/a');
  });
});
