import { type WhisulOptions } from '@whisul-rx/core';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, connectionError, running, status } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { rejection, statuses, watch } from './watch.js';

useVirtualTime();

function client(post: Script, get: Script = inTurn(completed), options: WhisulOptions = {}) {
  const scripted = scriptedClient(byMethod(post, get), options);
  const receipts = () =>
    scripted.events.values.flatMap((event) => (event.type === 'submitted' ? [event.job.job_id] : []));
  return { ...scripted, receipts };
}
const slow = { ...accepted('a'), delay: 1_000 };

describe('G4: leaving while the POST is in flight does not abort it', () => {
  it('its receipt reaches events$, and coming back joins', async () => {
    const { api, whisul, receipts } = client(inTurn(slow));
    const song$ = whisul.generate$('a song');
    const first = watch(song$);
    await seconds(0.5);
    first.unsubscribe();
    await seconds(1);
    expect(api.posts[0]?.signal.aborted).toBe(false);
    expect(receipts()).toEqual(['a']);
    expect(first.values).toEqual([]);
    await seconds(20);
    expect(api.gets).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    const back = watch(song$);
    expect(statuses(back.values)).toEqual(['submitted']);
    await seconds(6);
    expect(statuses(back.values)).toEqual(['submitted', 'completed']);
    expect(api.posts).toHaveLength(1);
  });

  it('coming back while it is still in flight joins too', async () => {
    const { api, whisul, receipts } = client(inTurn(slow));
    const song$ = whisul.generate$('a song');
    watch(song$).unsubscribe();
    await seconds(0.5);
    const back = watch(song$);
    await seconds(6);
    expect(statuses(back.values)).toEqual(['submitted', 'completed']);
    expect([api.posts.length, receipts()]).toEqual([1, ['a']]);
  });

  it('the client knows the job whose receipt nobody waited for', async () => {
    const { api, whisul } = client(inTurn(slow), inTurn(status(404), completed));
    watch(whisul.generate$('a song')).unsubscribe();
    await seconds(2);
    const job = watch(whisul.job$('a'));
    await seconds(3.9);
    expect(api.gets).toHaveLength(0); // one step after the 202
    await seconds(10);
    expect(statuses(job.values)).toEqual(['submitted', 'completed']); // its first 404 was forgiven
  });

  it('also after close(): the stream is in doubt, the receipt comes, then events$ completes', async () => {
    const { whisul, events, receipts } = client(inTurn(slow));
    const job = watch(whisul.generate$('a song'));
    await seconds(0.5);
    whisul.close();
    expect(['closed', 'submit_unknown']).toContain(job.error.code);
    await seconds(1);
    expect(receipts()).toEqual(['a']);
    expect(events.completions).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['a refusal', { ...status(429), delay: 500 }],
    ['a connection that fails', { ...connectionError('ECONNREFUSED'), delay: 500 }],
  ])('what was left before %s is not sent again', async (_, refusal) => {
    const { api, whisul } = client(inTurn(refusal, accepted('a')));
    const song$ = whisul.generate$('a song');
    watch(song$).unsubscribe();
    await seconds(60);
    expect(api.posts).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    const back = watch(song$);
    await seconds(60);
    expect(statuses(back.values)).toEqual(['submitted', 'completed']);
    expect(api.posts).toHaveLength(2);
  });

  it('leaving before it has left sends nothing', async () => {
    const { api, whisul } = client(inTurn(accepted('a')), inTurn({ ...running, delay: 1_000 }), {
      budget: { maxInFlight: 1 },
    });
    const job = watch(whisul.job$('z'));
    await seconds(0.5);
    watch(whisul.generate$('a song')).unsubscribe();
    await seconds(3);
    expect(api.posts).toEqual([]);
    job.unsubscribe();
  });
});

describe('G2: aborting submit()', () => {
  async function abortedAfter(ms: number, post: Script, options: WhisulOptions = {}) {
    const { api, whisul, receipts } = client(post, undefined, options);
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, 'addEventListener');
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const error = rejection(whisul.submit('a song', { signal: controller.signal }));
    if (ms >= 0) await vi.advanceTimersByTimeAsync(ms);
    controller.abort(new Error('changed my mind'));
    const { code, prompt } = await error;
    await seconds(100);
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
    expect(vi.getTimerCount()).toBe(0);
    return { code, prompt, posts: api.posts.length, receipts: receipts() };
  }

  it('while the POST is in flight is submit_unknown; the receipt still comes', async () => {
    const { code, prompt, posts, receipts } = await abortedAfter(500, inTurn(slow));
    expect({ code, prompt, posts, receipts }).toEqual({
      code: 'submit_unknown',
      prompt: 'a song',
      posts: 1,
      receipts: ['a'],
    });
  });

  it('in the turn in which it was called, with the POST gone, is submit_unknown', async () => {
    expect(await abortedAfter(-1, inTurn(slow))).toMatchObject({ code: 'submit_unknown', posts: 1, receipts: ['a'] });
  });

  it('while the body of the answer is awaited is submit_unknown', async () => {
    expect(await abortedAfter(500, inTurn({ ...accepted('a'), bodyDelay: 1_000 }))).toMatchObject({
      code: 'submit_unknown',
      receipts: ['a'],
    });
  });

  it('in the wait after a refusal is aborted', async () => {
    expect(await abortedAfter(500, inTurn(status(429), accepted('a')))).toMatchObject({
      code: 'aborted',
      posts: 1,
      receipts: [],
    });
    expect(await abortedAfter(500, inTurn(connectionError('ECONNREFUSED')))).toMatchObject({
      code: 'aborted',
      posts: 1,
    });
  });

  it('while the second POST is in flight is submit_unknown', async () => {
    expect(await abortedAfter(1_500, inTurn(status(429), slow))).toMatchObject({
      code: 'submit_unknown',
      posts: 2,
      receipts: ['a'],
    });
  });

  it('before the key is there is aborted, and nothing is sent', async () => {
    const options = { apiKey: () => new Promise<string>((resolve) => setTimeout(() => resolve('sk-test'), 1_000)) };
    expect(await abortedAfter(500, inTurn(accepted('a')), options)).toMatchObject({ code: 'aborted', posts: 0 });
  });

  it('with a signal that is aborted already is aborted, and nothing is sent', async () => {
    const { api, whisul } = client(inTurn(accepted('a')));
    expect((await rejection(whisul.submit('a song', { signal: AbortSignal.abort() }))).code).toBe('aborted');
    expect((await rejection(whisul.getJob('a', { signal: AbortSignal.abort() }))).code).toBe('aborted');
    await seconds(10);
    expect(api.requests).toEqual([]);
  });

  it.each(['submit', 'getJob'] as const)('from the `request` event of its own %s sends nothing', async (method) => {
    const { api, whisul } = client(inTurn(slow), inTurn({ ...completed, delay: 1_000 }));
    const controller = new AbortController();
    whisul.events$.subscribe(({ type }) => {
      if (type === 'request') controller.abort();
    });
    const error = rejection(whisul[method]('a', { signal: controller.signal }));
    await seconds(5);
    expect((await error).code).toBe('aborted');
    expect(api.requests).toEqual([]);
  });

  it.each(['submit', 'getJob'] as const)(
    'after the answer of %s changes nothing; no listener is left',
    async (method) => {
      const { whisul } = client(inTurn(accepted('a')), inTurn(completed));
      const controller = new AbortController();
      const add = vi.spyOn(controller.signal, 'addEventListener');
      const remove = vi.spyOn(controller.signal, 'removeEventListener');
      for (let i = 0; i < 100; i += 1) await whisul[method]('a', { signal: controller.signal });
      expect(remove.mock.calls.length).toBe(add.mock.calls.length);
      controller.abort();
    },
  );
});

describe('getJob', () => {
  it('is one GET, without retries', async () => {
    const { api, whisul } = client(inTurn(), inTurn(status(500), completed));
    expect(await rejection(whisul.getJob('a'))).toMatchObject({ code: 'server_error', status: 500, jobId: 'a' });
    await expect(whisul.getJob('/jobs/a')).resolves.toMatchObject({ status: 'completed', job_id: 'a' });
    expect(api.gets).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('aborted in flight: aborts the request', async () => {
    const { api, whisul } = client(inTurn(), inTurn({ ...completed, delay: 1_000 }));
    const controller = new AbortController();
    const error = rejection(whisul.getJob('a', { signal: controller.signal }));
    await seconds(0.5);
    controller.abort();
    expect((await error).code).toBe('aborted');
    expect(api.gets[0]?.signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('close()', () => {
  it('ends live streams and every later call with `closed`, and events$', async () => {
    const { api, whisul, events } = client(inTurn(status(429, { 'Retry-After': '100' })), inTurn(running));
    const jobs = [watch(whisul.job$('a')), watch(whisul.job$('b'))];
    await seconds(1);
    const waiting = watch(whisul.generate$('a song'));
    await seconds(1);
    const read = rejection(whisul.getJob('c'));
    whisul.close();
    whisul[Symbol.dispose]();
    for (const job of jobs) expect(job.error).toMatchObject({ code: 'closed', lastState: { status: 'running' } });
    expect(jobs.map(({ error }) => error.jobId)).toEqual(['a', 'b']);
    expect([waiting.error.code, (await read).code]).toEqual(['closed', 'closed']);
    expect([watch(whisul.job$('a')).error.code, watch(whisul.generate$('a song')).error.code]).toEqual([
      'closed',
      'closed',
    ]);
    expect((await rejection(whisul.submit('a song'))).code).toBe('closed');
    expect((await rejection(whisul.getJob('a'))).code).toBe('closed');
    expect([events.completions, vi.getTimerCount(), api.inFlight]).toEqual([1, 0, 0]);
    const before = api.requests.length;
    await seconds(200);
    expect(api.requests).toHaveLength(before);
  });
});
