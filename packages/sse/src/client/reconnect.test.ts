import { describe, expect, it, onTestFinished } from 'vitest';
import { frame, settle } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';

const refused = (): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });

describe('a lost connection', () => {
  it('J7: is opened again after a wait that doubles, spread evenly, and ends with the code of the last', async () => {
    const { follow, calls, clock } = scriptSource({ random: () => 1, retry: { maxFailures: 5, maxDelay: 7_000 } });
    const [job] = follow('a');
    await settle();
    const waits: number[] = [];
    if (job === undefined) throw new Error('no job');
    const hasHeard = () => job.heard.length > 0;
    while (!hasHeard()) {
      const [made, at] = [calls.length, clock.now()];
      calls.at(-1)?.fail(refused());
      await settle();
      while (calls.length === made && !hasHeard()) await clock.advance(500);
      waits.push(clock.now() - at);
    }
    expect(waits).toEqual([2_000, 4_000, 7_000, 7_000, 0]);
    expect(job.heard).toEqual(['network']);
    expect(job.error).toMatchObject({ jobId: 'a', cause: { message: 'fetch failed' } });
    expect(clock.actions).toEqual([]);
  });

  it.each([
    ['the end of the stream', 'end'],
    ['a reset', 'cut'],
  ] as const)('%s: waits at least the `retry:` of the server, then goes on unnoticed', async (_, how) => {
    const { follow, calls, clock, last } = scriptSource();
    const [job] = follow('a');
    const first = await last();
    first.open();
    first.send(`retry: 4000\n\n${frame('a', 'running')}`);
    await settle();
    first[how]();
    await clock.advance(3_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
    calls[1]?.open();
    calls[1]?.send(frame('a', 'running') + frame('a', 'completed'));
    await settle();
    expect(job?.heard).toEqual(['running', 'completed', 'done']);
  });

  it('counts from one again after a connection that worked, however often that happens', async () => {
    const { follow, calls, clock, last } = scriptSource({ retry: { maxFailures: 2 } });
    const [job] = follow('a');
    for (let round = 1; round <= 12; round += 1) {
      const call = await last();
      call.open();
      call.send(round % 2 === 0 ? frame('a', 'running') : ':\n\n');
      await settle();
      call.cut();
      await clock.advance(2_000);
      expect(calls).toHaveLength(round + 1);
    }
    expect(job?.heard).toEqual(['running']);
  });

  it('a gateway that is full (`retry:` and the end) is asked again after that time', async () => {
    const { follow, calls, clock, last } = scriptSource({ retry: { maxFailures: 3 } });
    const [job] = follow('a');
    for (let round = 1; round <= 2; round += 1) {
      const made = calls.length;
      const call = await last();
      call.open(null);
      call.send('retry: 9000\n\n');
      call.end();
      await clock.advance(8_999);
      expect(calls).toHaveLength(Math.max(1, made));
      await clock.advance(1);
    }
    calls.at(-1)?.open(null);
    calls.at(-1)?.end();
    await settle();
    expect(job?.heard).toEqual(['network']);
  });

  it('a giant `retry:` cannot overflow the timer, and is bounded by maxRetryAfter', async () => {
    const { follow, calls, clock, last } = scriptSource({ retry: { maxRetryAfter: 60_000 } });
    follow('a');
    const call = await last();
    call.open();
    call.send(`retry: ${'9'.repeat(400)}\n\n`);
    await settle();
    call.end();
    await clock.advance(59_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['NaN', () => NaN],
    ['-1', () => -1],
    [
      'an error',
      () => {
        throw new Error('a bug of the user');
      },
    ],
  ])('a `random` that gives %s costs no wait and no job', async (_, random) => {
    const { follow, calls, clock } = scriptSource({ random });
    const [job] = follow('a');
    await settle();
    calls[0]?.fail(refused());
    await clock.advance(999);
    expect(calls).toHaveLength(1);
    await clock.advance(1_001);
    calls[1]?.open();
    calls[1]?.send(frame('a', 'completed'));
    await settle();
    expect(job?.heard).toEqual(['completed', 'done']);
  });

  it('J6: leaving and coming back does not shorten the wait', async () => {
    const { source, follow, calls, clock } = scriptSource({ retry: { baseDelay: 10_000 } });
    const [job] = follow('a');
    await settle();
    calls[0]?.fail(refused());
    await clock.advance(4_000);
    job?.subscription.unsubscribe();
    expect(clock.actions).toEqual([]);
    listen(source.job$('a'));
    await clock.advance(5_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it('is waited for where addEventListener has no value', async () => {
    Object.assign(globalThis, { addEventListener: undefined });
    onTestFinished(() => {
      Reflect.deleteProperty(globalThis, 'addEventListener');
    });
    const { follow, calls, clock } = scriptSource();
    follow('a');
    await settle();
    calls[0]?.fail(refused());
    await clock.advance(1_000);
    expect(calls).toHaveLength(2);
  });

  it('being online again ends the wait, and nothing listens for that at other times', async () => {
    const target = new EventTarget();
    let listeners = 0;
    Object.assign(globalThis, {
      addEventListener: (name: string, listener: () => void) => {
        listeners += 1;
        target.addEventListener(name, listener);
      },
      removeEventListener: (name: string, listener: () => void) => {
        listeners -= 1;
        target.removeEventListener(name, listener);
      },
    });
    onTestFinished(() => {
      for (const name of ['addEventListener', 'removeEventListener']) Reflect.deleteProperty(globalThis, name);
    });
    const { follow, calls, clock } = scriptSource({ retry: { baseDelay: 20_000, maxDelay: 20_000 } });
    const [job] = follow('a');
    await settle();
    expect(listeners).toBe(0);
    calls[0]?.fail(refused());
    await clock.advance(5);
    expect(listeners).toBe(1);
    target.dispatchEvent(new Event('online'));
    await settle();
    expect(calls).toHaveLength(2);
    expect(listeners).toBe(0);

    calls[1]?.answer(503, { 'retry-after': '30' });
    await clock.advance(5);
    target.dispatchEvent(new Event('online'));
    await clock.advance(29_990);
    expect(calls).toHaveLength(2);
    await clock.advance(5);
    expect(calls).toHaveLength(3);

    calls[2]?.fail(refused());
    await settle();
    job?.subscription.unsubscribe();
    expect(listeners).toBe(0);
    expect(clock.actions).toEqual([]);
  });
});

const codes = ['engine', 'network', 'server_error', 'rate_limited', 'request_timeout', 'submit_unknown', 'of_tomorrow'];

describe('answers that are no stream', () => {
  it.each([400, 401, 403, 404, 410, 413, 422, 301])('%i is an error at once', async (status) => {
    const { follow, calls, clock, last } = scriptSource();
    const [job] = follow('a');
    (await last()).answer(status, { location: 'https://evil.test/' });
    await clock.advance(100_000);
    const code =
      { 401: 'unauthorized', 403: 'unauthorized', 404: 'not_found', 410: 'not_found', 301: 'invalid_response' }[
        status
      ] ?? 'invalid_request';
    expect(job?.heard).toEqual([code]);
    expect(job?.error).toMatchObject({ status, jobId: 'a' });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.init).toMatchObject({ redirect: 'manual', cache: 'no-store' });
  });

  it.each([400, 401, 403, 404, 410, 413, 422].flatMap((status) => codes.map((code) => [status, code])))(
    '%i is an error at once, also with the code %s in its body',
    async (status, code) => {
      const { follow, calls, clock, last } = scriptSource();
      const [job] = follow('a');
      (await last()).answer(Number(status), {}, { code, status: 503 });
      await clock.advance(100_000);
      expect(job?.heard).toEqual([code === 'of_tomorrow' ? expect.any(String) : code]);
      expect(job?.error).toMatchObject({ status });
      expect(calls).toHaveLength(1);
    },
  );

  it.each([
    [307, { location: 'https://www.app.test/jobs' }],
    [302, { location: '/login', 'content-type': 'text/html' }],
    // What a browser makes of every redirect that it does not follow.
    [0, {}],
  ])('a redirect (%i) is named, with what to change', async (status, headers) => {
    const answer = new Response(null, { status: status === 0 ? 200 : status, headers });
    if (status === 0) Object.defineProperty(answer, 'status', { value: 0 });
    const { source, follow } = scriptSource({ fetch: () => Promise.resolve(answer) });
    const [job] = follow('a');
    const song = listen(source.generate$('p'));
    await settle();
    expect([job?.heard, song.heard]).toEqual([['invalid_response'], ['submit_unknown']]);
    for (const error of [job?.error, song.error]) {
      expect(error).toMatchObject({ status });
      expect(String(error)).toContain('redirect');
      expect(String(error)).toContain('`url`');
    }
  });

  it('a page in place of the stream is told as what it is', async () => {
    const { follow, last } = scriptSource();
    const [job] = follow('a');
    (await last()).answer(200, { 'content-type': 'text/html' });
    await settle();
    expect(String(job?.error)).toContain('answered 200 without an event stream');
    expect(String(job?.error)).toContain('`url`');
  });

  it.each([
    [204, {}],
    [202, { 'content-type': 'application/json' }],
    [200, { 'content-type': 'text/html' }],
    [200, { 'content-type': 'text/event-streams' }],
    [200, {}],
  ])('%i %j is an invalid response, not retried', async (status, headers) => {
    const { follow, calls, clock, last } = scriptSource();
    const [job] = follow('a');
    (await last()).answer(status, headers);
    await clock.advance(100_000);
    expect(job?.heard).toEqual(['invalid_response']);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.aborted).toBe(true);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('%i is asked again', async (status) => {
    const { follow, calls, clock, last } = scriptSource();
    const [job] = follow('a');
    (await last()).answer(status);
    await clock.advance(1_000);
    expect(calls).toHaveLength(2);
    calls[1]?.open();
    calls[1]?.send(frame('a', 'completed'));
    await settle();
    expect(job?.heard).toEqual(['completed', 'done']);
  });

  it.each([429, 503])('J8: %i with Retry-After is never asked early, by no connection', async (status) => {
    const { source, follow, calls, clock } = scriptSource({ random: () => 0.5 });
    follow('a');
    await settle();
    calls[0]?.answer(status, { 'retry-after': '20' });
    await clock.advance(10_000);
    listen(source.generate$('p'));
    listen(source.job$('b'));
    await clock.advance(9_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1_000);
    expect(calls.length).toBeGreaterThan(1);
  });

  it('J8: a wait for the gate grows when the gate stays closed for longer', async () => {
    const { source, follow, calls, clock } = scriptSource({ multiplex: false });
    follow('a', 'b');
    await settle();
    calls[0]?.answer(429, { 'retry-after': '5' });
    await clock.advance(1_000);
    listen(source.job$('c'));
    listen(source.generate$('p'));
    await clock.advance(1_000);
    calls[1]?.answer(429, { 'retry-after': '60' });
    await clock.advance(59_999);
    expect(calls).toHaveLength(2);
    await clock.advance(1);
    expect(calls).toHaveLength(6);
  });

  it.each([
    ['0', 1_000],
    ['-5', 1_000],
    ['soon', 1_000],
    ['', 1_000],
    ['2.5', 2_500],
  ])('J8: Retry-After %j waits %i ms', async (value, wait) => {
    const { follow, calls, clock } = scriptSource();
    follow('a');
    await settle();
    calls[0]?.answer(429, { 'retry-after': value });
    await clock.advance(wait - 1);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it('J8: a Retry-After above maxRetryAfter ends the stream and says how long', async () => {
    const { follow, clock, last } = scriptSource();
    const [job] = follow('a');
    (await last()).answer(429, { 'retry-after': '99999' });
    await settle();
    expect(job?.heard).toEqual(['rate_limited']);
    expect(job?.error).toMatchObject({ status: 429, retryAfter: 99_999_000 });
    expect(clock.actions).toEqual([]);
  });

  it('J8: after that error nothing is asked before maxRetryAfter is over', async () => {
    const { source, follow, calls, clock, last } = scriptSource({ retry: { maxRetryAfter: 60_000 } });
    follow('a');
    (await last()).answer(503, { 'retry-after': '99999' });
    await settle();
    listen(source.job$('a'));
    listen(source.job$('b'));
    listen(source.generate$('p'));
    await clock.advance(59_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(3);
  });

  it.each(['unauthorized', 'not_found', 'invalid_request'])(
    'the code %s is final, whatever the status',
    async (code) => {
      const { follow, calls, clock, last } = scriptSource();
      const [job] = follow('a');
      (await last()).answer(503, {}, { code, status: 503 });
      await clock.advance(100_000);
      expect(job?.heard).toEqual([code]);
      expect(calls).toHaveLength(1);
    },
  );
});
