import { type WhisulOptions } from '@whisul-rx/core';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, connectionError, hanging, running, status } from './answers.js';
import { inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { rejection, statuses, watch } from './watch.js';

const start = Date.UTC(2026, 1, 17);
useVirtualTime(start);

function client(script: Script, options: WhisulOptions = {}) {
  const scripted = scriptedClient(script, options);
  const gate = () => scripted.events.values.filter(({ type }) => type === 'paused' || type === 'resumed');
  return { ...scripted, gate };
}
const busy = (wait?: string) => status(429, wait === undefined ? {} : { 'Retry-After': wait });

describe('J9: a 429 closes the gate for the whole client', () => {
  it('holds other jobs and submits back, lets one probe go, then opens', async () => {
    const { api, whisul, gate } = client((request, index) => {
      if (index === 0) return busy('20');
      return request.method === 'POST' ? { ...accepted('p'), delay: 300 } : { ...running, delay: 300 };
    });
    const jobs = [watch(whisul.job$('a'))];
    await seconds(1);
    jobs.push(watch(whisul.job$('b')), watch(whisul.job$('c')));
    const receipt = whisul.submit('a song');
    await seconds(18.9);
    expect(api.requests).toHaveLength(1);
    expect(gate()).toEqual([{ at: start, type: 'paused', until: start + 20_000 }]);
    await seconds(0.2);
    expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'POST']); // submits first, one probe
    expect(gate()).toHaveLength(1);
    await seconds(0.3);
    await expect(receipt).resolves.toMatchObject({ job_id: 'p' });
    expect(gate().at(-1)).toEqual({ at: start + 20_300, type: 'resumed' });
    expect(api.requests.length).toBeGreaterThanOrEqual(4);
    expect(api.times.every((time) => time === 0 || time >= 20_000)).toBe(true);
    for (const job of jobs) job.unsubscribe();
  });

  it('from its head on, however long its body takes', async () => {
    const { api, whisul, gate } = client((_, index) => (index === 0 ? { ...busy('20'), bodyDelay: 8_000 } : running));
    const jobs = [watch(whisul.job$('a'))];
    await seconds(1);
    jobs.push(watch(whisul.job$('b')));
    const receipt = rejection(whisul.submit('a song'));
    await seconds(7.1);
    expect(gate()).toEqual([{ at: start + 8_000, type: 'paused', until: start + 28_000 }]);
    await seconds(19.8);
    expect(api.requests).toHaveLength(1);
    await seconds(0.2);
    expect(api.requests.length).toBeGreaterThan(1);
    await receipt;
    for (const job of jobs) job.unsubscribe();
  });

  it('a probe that is answered with another 429 keeps it closed', async () => {
    const { api, whisul, gate } = client(inTurn(busy('10'), busy('10'), running));
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await seconds(9);
    // All three had left before the first 429 came.
    expect(api.requests).toHaveLength(3);
    jobs.forEach((job) => job.unsubscribe());
    const {
      api: api2,
      whisul: whisul2,
      gate: gate2,
    } = client(inTurn(busy('10'), busy('10'), running), { budget: { maxInFlight: 1 } });
    const jobs2 = ['a', 'b', 'c'].map((id) => watch(whisul2.job$(id)));
    await seconds(19);
    expect(api2.times).toEqual([0, 10_000]);
    await seconds(2);
    expect(api2.times.slice(0, 5)).toEqual([0, 10_000, 20_000, 20_000, 20_000]);
    expect(gate2().map(({ type, at }) => [type, at - start - 9_000])).toEqual([
      ['paused', 0],
      ['paused', 10_000],
      ['resumed', 20_000],
    ]);
    expect(gate().length).toBeGreaterThan(0);
    jobs2.forEach((job) => job.unsubscribe());
  });

  it.each([
    ['times out', hanging, 3],
    ['loses its connection', connectionError('ECONNRESET', 'read'), 0],
  ])('a probe that %s hands its part to the next call', async (_, lost, later) => {
    const { api, whisul, gate } = client(inTurn(busy('10'), lost, running), {
      budget: { maxInFlight: 1 },
      requestTimeout: 3_000,
    });
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await seconds(10 + later - 0.5);
    expect(gate()).toHaveLength(1);
    await seconds(1);
    expect(api.requests.length).toBeGreaterThanOrEqual(3);
    expect(api.times.slice(0, 3)).toEqual([0, 10_000, 10_000 + later * 1000]);
    expect(gate().at(-1)).toMatchObject({ type: 'resumed', at: start + 10_000 + later * 1000 });
    jobs.forEach((job) => job.unsubscribe());
  });

  it('so does a probe whose subscriber leaves', async () => {
    const { api, whisul, gate } = client(inTurn(busy('10'), hanging, running), { budget: { maxInFlight: 1 } });
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await seconds(11);
    const probed = api.requests[1]?.path.at(-1);
    jobs[['a', 'b', 'c'].indexOf(probed ?? '')]?.unsubscribe();
    await seconds(1);
    expect(api.times.slice(0, 3)).toEqual([0, 10_000, 11_000]);
    expect(gate().at(-1)).toMatchObject({ type: 'resumed' });
    jobs.forEach((job) => job.unsubscribe());
    await seconds(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('answers to calls that had left before do not open it', async () => {
    const { api, whisul, gate } = client((_, index) =>
      index === 0 ? { ...busy('20'), delay: 100 } : { ...running, delay: index * 1_000 },
    );
    const jobs = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    await seconds(19);
    expect(api.requests).toHaveLength(3);
    expect(gate()).toHaveLength(1);
    jobs.forEach((job) => job.unsubscribe());
  });

  it('without Retry-After it closes for the backoff wait of the call', async () => {
    const { api, whisul, gate } = client(inTurn(busy(), completed), { random: () => 0.5 });
    watch(whisul.job$('a'));
    const other = seconds(0.5).then(() => watch(whisul.job$('b')));
    await seconds(10);
    await other;
    expect(gate()).toMatchObject([{ type: 'paused', until: start + 1_500 }, { type: 'resumed' }]);
    expect(Math.min(...api.times.slice(1))).toBeGreaterThanOrEqual(1_500);
  });

  it('never closes for longer than maxRetryAfter, though that call ends', async () => {
    const { api, whisul, gate } = client(inTurn(busy('100000'), completed), { retry: { maxRetryAfter: 30_000 } });
    const job = watch(whisul.job$('a'));
    await seconds(1);
    expect(job.error).toMatchObject({ code: 'rate_limited', retryAfter: 100_000_000 });
    const other = watch(whisul.job$('b'));
    await seconds(60);
    expect(gate()[0]).toMatchObject({ type: 'paused', until: start + 30_000 });
    expect(api.times).toEqual([0, 30_000]);
    expect(statuses(other.values)).toEqual(['completed']);
  });

  it('a 429 on a submit, and on getJob, closes it too', async () => {
    const submit = client(inTurn(busy('10'), accepted('p'), completed));
    const receipt = submit.whisul.submit('a song');
    await seconds(1);
    watch(submit.whisul.job$('b'));
    await seconds(20);
    await expect(receipt).resolves.toMatchObject({ job_id: 'p' });
    expect(submit.api.times).toEqual([0, 10_000, 10_000]);
    const get = client(inTurn(busy('10'), completed));
    const error = rejection(get.whisul.getJob('a'));
    await seconds(1);
    expect(await error).toMatchObject({ code: 'rate_limited', retryAfter: 10_000, status: 429, jobId: 'a' });
    watch(get.whisul.job$('b'));
    await seconds(20);
    expect(get.api.times).toEqual([0, 10_000]);
  });

  it('a 503 with Retry-After is for its call alone', async () => {
    const { api, whisul, gate } = client((_, index) =>
      index === 0 ? status(503, { 'Retry-After': '20' }) : completed,
    );
    watch(whisul.job$('a'));
    await seconds(1);
    watch(whisul.job$('b'));
    await seconds(30);
    expect(api.times).toEqual([0, 1_000, 20_000]);
    expect(gate()).toEqual([]);
  });

  it('waiting at the gate is bounded by jobTimeout and can be left', async () => {
    const { api, whisul } = client(inTurn(busy('200'), completed), { jobTimeout: 50_000 });
    const first = watch(whisul.job$('a'));
    await seconds(1);
    const left = watch(whisul.job$('b'));
    const bounded = watch(whisul.job$('c'));
    left.unsubscribe();
    await seconds(60);
    expect([first.error.code, bounded.error.code]).toEqual(['job_timeout', 'job_timeout']);
    expect(vi.getTimerCount()).toBe(0);
    expect(api.requests).toHaveLength(1);
  });
});

describe('J10: the budget holds for all calls together', () => {
  it('starts are at least 1000 / requestsPerSecond ms apart: 50 jobs, no burst after a pause', async () => {
    const { api, whisul } = client(inTurn(running), { budget: { requestsPerSecond: 4 } });
    const jobs = Array.from({ length: 50 }, (_, i) => watch(whisul.job$(`job-${i}`)));
    await seconds(60);
    jobs.forEach((job) => job.unsubscribe());
    await seconds(60);
    jobs.push(...Array.from({ length: 20 }, (_, i) => watch(whisul.job$(`more-${i}`))));
    void whisul.submit('a song').catch(() => undefined);
    await seconds(20);
    const gaps = api.times.slice(1).map((time, i) => time - (api.times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
    expect(api.requests.length).toBeGreaterThan(240);
    // Fair: nobody was asked twice before everybody was asked once.
    expect(new Set(api.requests.slice(0, 50).map(({ path }) => path)).size).toBe(50);
    jobs.forEach((job) => job.unsubscribe());
    whisul.close();
    await seconds(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('also below one request a second', async () => {
    const { api, whisul } = client(inTurn(completed), { budget: { requestsPerSecond: 0.1 } });
    ['a', 'b', 'c'].forEach((id) => watch(whisul.job$(id)));
    await seconds(60);
    expect(api.times).toEqual([0, 10_000, 20_000]);
  });

  it('maxInFlight bounds what is under way; waiting calls go in the order in which they fell due, submits and reads in turn', async () => {
    const { api, whisul } = client(
      (request) => ({ ...(request.method === 'POST' ? accepted('p') : completed), delay: 1_000 }),
      { budget: { maxInFlight: 2 } },
    );
    ['a', 'b', 'c', 'd'].forEach((id) => watch(whisul.job$(id)));
    await seconds(0.1);
    void whisul.getJob('e');
    void whisul.submit('first song');
    void whisul.submit('second song');
    await seconds(10);
    expect(api.busiest).toBe(2);
    expect(api.requests.map(({ path, body }) => body ?? path.at(-1))).toEqual([
      'a',
      'b',
      '{"prompt":"first song"}',
      'c',
      '{"prompt":"second song"}',
      'd',
      'e',
    ]);
  });

  it('a call that is given up while it waits makes room for the next', async () => {
    const { api, whisul } = client(inTurn({ ...completed, delay: 1_000 }), { budget: { maxInFlight: 1 } });
    const [, second] = ['a', 'b', 'c'].map((id) => watch(whisul.job$(id)));
    second?.unsubscribe();
    await seconds(5);
    expect(api.requests.map(({ path }) => path.at(-1))).toEqual(['a', 'c']);
  });
});
