import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { frame, settle } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';
import { createSseSource } from './create-sse-source.js';

describe('the watchdog', () => {
  it('gives up on a head that does not come in `silence` ms', async () => {
    const { follow, calls, clock } = scriptSource({ silence: 9_000, retry: { maxFailures: 1 } });
    const [job] = follow('a');
    await clock.advance(8_999);
    expect(calls[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(calls[0]?.aborted).toBe(true);
    expect(job?.heard).toEqual(['request_timeout']);
    expect(clock.actions).toEqual([]);
  });

  it('counts `headers()` too', async () => {
    const { follow, calls, clock } = scriptSource({
      headers: () => new Promise(() => undefined),
      retry: { maxFailures: 1 },
    });
    const [job] = follow('a');
    await clock.advance(25_000);
    expect(calls).toEqual([]);
    expect(job?.heard).toEqual(['request_timeout']);
  });

  it('bears three heartbeats of silence once they are announced; every byte counts', async () => {
    const { follow, clock, last } = scriptSource();
    follow('a');
    const call = await last();
    call.open(4_000);
    await clock.advance(11_000);
    call.send(':');
    await clock.advance(11_000);
    call.send('\n');
    await clock.advance(11_999);
    expect(call.aborted).toBe(false);
    await clock.advance(1);
    expect(call.aborted).toBe(true);
  });

  it('an announcement shortens a wait that has begun', async () => {
    const { follow, clock, last } = scriptSource({ silence: Infinity });
    follow('a');
    const call = await last();
    call.open(null);
    await clock.advance(100_000);
    call.send(': heartbeat=1000\n\n');
    await clock.advance(2_999);
    expect(call.aborted).toBe(false);
    await clock.advance(1);
    expect(call.aborted).toBe(true);
  });

  it.each(['0', '99999999999', '9'.repeat(400)])('is not fooled by heartbeat=%s', async (ms) => {
    const { follow, calls, clock, last } = scriptSource();
    follow('a');
    const call = await last();
    call.open(null);
    call.send(`: heartbeat=${ms}\n\n`);
    await clock.advance(24_000);
    expect(calls).toHaveLength(1);
    expect(call.aborted).toBe(false);
  });
});

describe('headers', () => {
  it('are asked anew at each connect, and cannot replace what the stream needs', async () => {
    let asked = 0;
    const headers = (): Promise<HeadersInit> => {
      asked += 1;
      return Promise.resolve({ authorization: `Bearer ${String(asked)}`, accept: 'text/html' });
    };
    const { follow, calls, clock } = scriptSource({ headers, credentials: 'include' });
    follow('a');
    await settle();
    calls[0]?.answer(500);
    await clock.advance(1_000);
    expect(calls.map((call) => call.headers.get('authorization'))).toEqual(['Bearer 1', 'Bearer 2']);
    expect(calls[0]?.headers.get('accept')).toBe('text/event-stream');
    expect(calls[0]?.init.credentials).toBe('include');
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no token'))],
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
  ])('that %s are an error of every job, and nothing is sent', async (_, headers) => {
    const { source, follow, calls, clock } = scriptSource({ headers });
    const jobs = [...follow('a', 'b'), listen(source.generate$('p'))];
    await clock.advance(100_000);
    for (const { heard, error } of jobs) {
      expect(heard).toEqual(['unauthorized']);
      expect(error).toMatchObject({ cause: { message: 'no token' } });
    }
    expect(calls).toEqual([]);
  });

  it('that cannot be sent are not quoted', async () => {
    const { follow, clock } = scriptSource({ headers: { authorization: 'secret\nkey' } });
    const [job] = follow('a');
    await clock.advance(1);
    expect(job?.heard).toEqual(['invalid_request']);
    expect(JSON.stringify(job?.error)).not.toContain('secret');
    expect(job?.error).not.toHaveProperty('cause');
  });
});

describe('fetch', () => {
  it("is the platform's own at the time of the call, not called as a method", async () => {
    const original = globalThis.fetch;
    const seen: unknown[] = [];
    const source = createSseSource({ url: 'https://app.test/jobs' });
    globalThis.fetch = function (this: unknown) {
      seen.push(this);
      return Promise.resolve(new Response(null, { status: 404 }));
    };
    const { heard } = listen(source.job$('a'));
    await settle();
    globalThis.fetch = original;
    expect(seen).toEqual([undefined]);
    expect(heard).toEqual(['not_found']);
  });

  it('that does not heed the signal is let go of all the same', async () => {
    let cancelled = 0;
    const body = (): ReadableStream => new ReadableStream({ cancel: () => void (cancelled += 1) });
    const pending: ((response: Response) => void)[] = [];
    const { source } = scriptSource({ fetch: () => new Promise((resolve) => pending.push(resolve)) });
    const answer = (): void => {
      pending.shift()?.(new Response(body(), { headers: { 'content-type': 'text/event-stream' } }));
    };
    const early = listen(source.job$('a'));
    await settle();
    early.subscription.unsubscribe();
    answer();
    await settle();
    expect(cancelled).toBe(1);
    const late = listen(source.job$('b'));
    await settle();
    answer();
    await settle();
    late.subscription.unsubscribe();
    await settle();
    expect(cancelled).toBe(2);
  });

  it.each([
    ['is no web stream', { on: () => undefined }],
    ['is undefined', undefined],
    ['is null', null],
  ])('whose body %s is an error that says so, after one request', async (_, body) => {
    let asked = 0;
    const { follow, clock } = scriptSource({
      fetch: () => {
        asked += 1;
        const answer = new Response('', { headers: { 'content-type': 'text/event-stream' } });
        return Promise.resolve(Object.defineProperty(answer, 'body', { value: body }));
      },
    });
    const [job] = follow('a');
    await clock.advance(100_000);
    expect(job?.heard).toEqual(['invalid_response']);
    expect(String(job?.error)).toContain('cannot stream');
    expect(asked).toBe(1);
  });

  it('whose refusal has no body is one request, too', async () => {
    const answer = new Response('{"code":"not_found"}', {
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
    });
    Object.defineProperty(answer, 'body', { value: undefined });
    const { follow, clock } = scriptSource({ fetch: () => Promise.resolve(answer) });
    const [job] = follow('a');
    await clock.advance(100_000);
    expect(job?.heard).toEqual(['not_found']);
  });

  it('whose body is a stream of Node is read as it comes, and let go of', async () => {
    const body = new PassThrough();
    const answer = new Response('', { headers: { 'content-type': 'text/event-stream' } });
    Object.defineProperty(answer, 'body', { value: body });
    const { source } = scriptSource({ fetch: () => Promise.resolve(answer) });
    const job = listen(source.generate$('p'));
    await settle();
    body.write(frame('a', 'submitted'));
    await settle();
    expect(job.heard).toEqual(['submitted']);
    body.write(frame('a', 'completed'));
    await settle();
    expect(job.heard).toEqual(['submitted', 'completed', 'done']);
    expect(body.destroyed).toBe(true);
  });

  it('that does not exist is named, and nothing is taken for sent', async () => {
    const original = globalThis.fetch;
    Object.assign(globalThis, { fetch: undefined });
    onTestFinished(() => {
      globalThis.fetch = original;
    });
    const { source } = scriptSource({ fetch: undefined });
    const jobs = [listen(source.job$('a')), listen(source.generate$('p'))];
    await settle();
    for (const { heard, error } of jobs) {
      expect(heard).toEqual(['invalid_request']);
      expect(String(error)).toContain('`fetch`');
    }
  });
});

it('an event too long to be held is a failure that is not tried for ever', async () => {
  const { follow, calls, clock } = scriptSource({ retry: { maxFailures: 3 } });
  const [job] = follow('a');
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(5_000);
    calls[round]?.open();
    calls[round]?.send(`${frame('a', 'running')}data: `);
    for (let piece = 0; piece < 20; piece += 1) calls[round]?.send('x'.repeat(65_536));
    await settle();
  }
  expect(job?.heard).toEqual(['running', 'invalid_response']);
});

it('a refusal that never ends is cut off', async () => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new TextEncoder().encode(' '.repeat(16_384)));
    },
  });
  const answer = new Response(body, { status: 403, headers: { 'content-type': 'application/problem+json' } });
  const { follow } = scriptSource({ fetch: () => Promise.resolve(answer) });
  const [job] = follow('a');
  await settle();
  expect(job?.heard).toEqual(['unauthorized']);
  expect(pulled).toBeLessThan(20);
});

describe('options', () => {
  /** What callers without types get. */
  const errorOf = (...options: unknown[]): unknown => {
    const untyped: (...given: never[]) => unknown = createSseSource;
    try {
      return Reflect.apply(untyped, undefined, options);
    } catch (error) {
      return error;
    }
  };

  it.each([[], [null], [{}]])('that are missing (%j) are an error about the url', (...options) => {
    expect(errorOf(...options)).toMatchObject({ code: 'invalid_request' });
    expect(String(errorOf(...options))).toContain('`url`');
  });

  it.each([
    ['url', { url: '' }],
    ['url', { url: 'https://' }],
    ['url', { url: '//user:pass@app.test/jobs' }],
    ['url', { url: 'ftp://app.test/jobs' }],
    ['url', { url: 'https://user:pass@app.test/jobs' }],
    ['jobsPerStream', { jobsPerStream: 0 }],
    ['jobsPerStream', { jobsPerStream: NaN }],
    ['silence', { silence: 0 }],
    ['retry.baseDelay', { retry: { baseDelay: -1 } }],
    ['scheduler', { scheduler: {} }],
    ['scheduler', { scheduler: null }],
    ['credentials', { credentials: 'bogus' }],
    ['headers', { headers: 5 }],
    ['headers', { headers: 'accept: text/html' }],
  ])('%s is named when it cannot be used: %j', (name, options) => {
    const thrown = errorOf({ url: 'https://app.test/jobs', ...options });
    expect(thrown).toMatchObject({ name: 'WhisulError', code: 'invalid_request' });
    expect(String(thrown)).toContain(`\`${name}\``);
    expect(String(thrown)).not.toContain('pass');
  });

  /** Where a test runs: `undefined` is a global that exists and has no value. */
  const visit = (href: string | undefined): void => {
    Object.assign(globalThis, { location: href === undefined ? undefined : { href } });
    onTestFinished(() => {
      Reflect.deleteProperty(globalThis, 'location');
    });
  };

  it('a relative url is resolved against the page of the first request', async () => {
    const { follow, last, source } = scriptSource({ url: '../jobs#part' });
    visit('https://page.test/songs/list?x=1');
    follow('a');
    expect((await last()).url.href).toBe('https://page.test/jobs?job=a');
    visit('https://page.test/songs/old/list');
    listen(source.generate$('p'));
    expect((await last()).url.href).toBe('https://page.test/jobs');
  });

  it.each([
    ['no global', () => undefined],
    ['a global without a value', visit],
    [
      'a page without a place',
      () => {
        visit('about:blank');
      },
    ],
    [
      'a file',
      () => {
        visit('file:///index.html');
      },
    ],
  ])('a relative url where there is no page (%s) is an error of the streams; a page may come', async (_, arrange) => {
    arrange(undefined);
    const { source, calls, clock, last } = scriptSource({ url: '/api/jobs' });
    const generate$ = source.generate$('p');
    const jobs = [listen(source.job$('a')), listen(source.job$('b')), listen(generate$)];
    await clock.advance(10_000);
    for (const { heard, error } of jobs) {
      expect(heard).toEqual(['invalid_request']);
      expect(String(error)).toContain('`url`');
    }
    expect(jobs[2]?.error).toMatchObject({ prompt: 'p' });
    expect(calls).toEqual([]);
    visit('https://page.test/');
    listen(generate$);
    expect((await last()).url.href).toBe('https://page.test/api/jobs');
  });

  it('an absolute url needs no page', async () => {
    visit(undefined);
    const { follow, last } = scriptSource();
    follow('a');
    expect((await last()).url.href).toBe('https://app.test/jobs?job=a');
  });
});
