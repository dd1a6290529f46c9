import { jobSchema } from '@whisul-rx/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EmulatorOptions } from '../api/emulator-options.js';
import { createEmulator, type Emulator } from '../create-emulator.js';
import type { FaultEffect } from './fault.js';
import { listen } from '../node/listen.js';

vi.setConfig({ testTimeout: 30_000 });
const patiently = { timeout: 10_000 };
const headers = { authorization: 'Bearer any' };
const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Client {
  readonly emulator: Emulator;
  send(path: string, init?: RequestInit): Promise<Response>;
  post(prompt: string, init?: RequestInit): Promise<Response>;
  /** A job that is running. */
  startJob(): Promise<string>;
}

function client(emulator: Emulator, base: string, fetch: typeof globalThis.fetch): Client {
  opened.push(() => emulator.close());
  const send: Client['send'] = (path, init) => fetch(base + path, { headers, redirect: 'manual', ...init });
  const post: Client['post'] = (prompt, init) =>
    send('/generate', { method: 'POST', body: JSON.stringify({ prompt }), ...init });
  return {
    emulator,
    send,
    post,
    async startJob() {
      const { job_id }: { job_id: string } = await (await post('a song')).json();
      return job_id;
    },
  };
}

const transports: [name: string, connect: (options?: EmulatorOptions) => Promise<Client>][] = [
  [
    'over fetch',
    async (options) => {
      const emulator = createEmulator(options);
      return client(emulator, 'http://emulator.local/api', emulator.fetch);
    },
  ],
  [
    'over a port',
    async (options) => {
      const emulator = createEmulator(options);
      const server = await listen(emulator);
      opened.push(() => server.close());
      return client(emulator, server.url, globalThis.fetch);
    },
  ],
];

const brokenConnection = { cause: { code: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/) } };

describe.each(transports)('%s', (_, connect) => {
  test('status: any code with any body, Retry-After and headers, as they are given', async () => {
    const { emulator, send } = await connect();
    emulator.script({
      type: 'status',
      status: 429,
      retryAfter: '1.5',
      headers: { date: 'Tue, 17 Feb 2026 15:39:34 GMT' },
    });
    emulator.script({ type: 'status', status: 500, body: 'plain text' });
    emulator.script({ type: 'status', status: 200, body: { status: 'completed', result: [] } });
    emulator.script({ type: 'status', status: 200, body: null });
    emulator.script({ type: 'status', status: 204 });
    const busy = await send('/jobs/x');
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1.5']);
    expect(busy.headers.get('date')).toBe('Tue, 17 Feb 2026 15:39:34 GMT');
    expect(await busy.json()).toEqual({ error: 'Too many requests', message: expect.any(String) });
    expect(await (await send('/jobs/x')).text()).toBe('plain text');
    expect(await (await send('/jobs/x')).json()).toEqual({ status: 'completed', result: [] });
    expect(await (await send('/jobs/x')).text()).toBe('null');
    expect((await send('/jobs/x')).status).toBe(204);
    expect(emulator.requests.map((log) => log.status)).toEqual([429, 500, 200, 200, 204]);
  });

  test.each([400, 401, 404, 429, 500, 418])('status %d has a body of the documented shape', async (status) => {
    const { emulator, send } = await connect();
    emulator.script({ type: 'status', status });
    const answer = await send('/jobs/x');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.any(String), message: expect.any(String) });
  });

  test.each(['0', '1.5', '-1', 'soon', '', 'Wed, 21 Oct 2015 07:28:00 GMT', 2])(
    'status: Retry-After %j arrives as it is',
    async (retryAfter) => {
      const { emulator, send } = await connect();
      emulator.script({ type: 'status', status: 503, retryAfter });
      expect((await send('/jobs/x')).headers.get('retry-after')).toBe(String(retryAfter));
    },
  );

  test('redirect: is answered, and followed by a client that follows', async () => {
    const { emulator, send, post } = await connect();
    emulator.script({ type: 'redirect', location: '/api/generate', times: 2 });
    const answer = await send('/jobs/x');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/api/generate']);
    await expect(send('/jobs/x', { redirect: 'error' })).rejects.toThrow('fetch failed');
    emulator.script({ type: 'redirect', location: '/api/generate', status: 307 });
    expect((await post('a song', { redirect: 'follow' })).status).toBe(202);
    emulator.script({ type: 'redirect', location: '/api/generate' });
    expect((await post('a song', { redirect: 'follow' })).status).toBe(404);
    const seen = emulator.requests.map(({ method, status }) => `${method} ${status}`);
    expect(seen).toEqual(['GET 302', 'GET 302', 'POST 307', 'POST 202', 'POST 302', 'GET 404']);
  });

  test('html: a page in place of JSON', async () => {
    const { emulator, send } = await connect();
    emulator.script({ type: 'html' });
    emulator.script({ type: 'html', status: 502 });
    const answer = await send('/jobs/x');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toMatch(/^<!doctype html>/);
    expect((await send('/jobs/x')).status).toBe(502);
  });

  test('truncated: half of the JSON, as if it were all', async () => {
    const { emulator, send, startJob } = await connect();
    const id = await startJob();
    emulator.script({ type: 'truncated' });
    const answer = await send(`/jobs/${id}`);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, expect.stringMatching(/^\{"status":"running"/)]);
    expect(answer.headers.get('content-length')).toBe(String(text.length));
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('fields: an undocumented status, a missing song, a foreign poll_url, no id', async () => {
    const { emulator, send, post, startJob } = await connect();
    const id = await startJob();
    const poll_url = 'https://elsewhere.example/jobs/1';
    emulator.script({ type: 'fields', fields: { status: 'queued' } });
    emulator.script({ type: 'fields', fields: { status: 'completed' } });
    emulator.script({ type: 'fields', fields: { poll_url } });
    emulator.script({ type: 'fields', fields: { job_id: undefined } });
    const queued = await (await send(`/jobs/${id}`)).json();
    expect(jobSchema.parse({ ...queued, job_id: id })).toMatchObject({ status: 'running', reported_status: 'queued' });
    const songless = await (await send(`/jobs/${id}`)).json();
    expect(songless).toMatchObject({ status: 'completed', result: null });
    expect(jobSchema.safeParse({ ...songless, job_id: id }).success).toBe(false);
    expect(await (await post('a song')).json()).toMatchObject({ job_id: expect.any(String), poll_url });
    const nameless = await post('a song');
    expect([nameless.status, Object.keys(await nameless.json())]).toEqual([202, ['message', 'poll_url']]);
    expect(emulator.jobs.size).toBe(3);
  });

  test('fields: a file has none of its own, and what has no body stays as it is', async () => {
    const { emulator, send, startJob } = await connect({ jobDuration: 0 });
    const song = `/../songs/${await startJob()}.wav`;
    emulator.script({ path: /^\/songs/, type: 'fields', fields: { status: 'queued' }, times: 3 });
    expect(await (await send(song)).json()).toEqual({ status: 'queued' });
    const head = await send(song, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000);
    expect((await send(song, { method: 'OPTIONS' })).status).toBe(204);
  });

  test('expire: the job is gone for good; the one that a submit makes, from its first poll on', async () => {
    const { emulator, send, post, startJob } = await connect();
    emulator.script({ method: 'POST', type: 'expire' });
    expect((await post('short-lived')).status).toBe(202);
    const [shortLived] = emulator.jobs.keys();
    expect((await send(`/jobs/${shortLived}`)).status).toBe(404);
    const id = await startJob();
    emulator.script({ type: 'expire', skip: 1 });
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push((await send(`/jobs/${id}`)).status);
    expect(seen).toEqual([200, 404, 404, 404]);
    expect(emulator.jobs.get(id)?.expired).toBe(true);
  });

  test('fail: on a submit the job will fail, on a poll it fails now', async () => {
    const { emulator, send, post, startJob } = await connect();
    emulator.script({ method: 'POST', type: 'fail', error: null });
    expect((await post('doomed')).status).toBe(202);
    const [doomed] = [...emulator.jobs.values()];
    expect(doomed).toMatchObject({ outcome: 'failed', error: null });
    expect(doomed?.finishesAt).toBeGreaterThan(Date.now());
    const id = await startJob();
    emulator.script({ method: 'GET', type: 'fail' });
    const answer = await (await send(`/jobs/${id}`)).json();
    expect(answer).toMatchObject({ status: 'failed', error: 'Generation failed, as scripted.' });
    expect(await (await send(`/jobs/${id}`)).json()).toEqual(answer);
  });

  test('delay: the right answer, late; a client that leaves before is gone', async () => {
    const { emulator, send, startJob } = await connect();
    const id = await startJob();
    emulator.script({ type: 'delay', ms: 60 });
    const started = performance.now();
    expect((await send(`/jobs/${id}`)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
    emulator.script({ type: 'delay', ms: 60_000 });
    const left = new AbortController();
    const answer = send(`/jobs/${id}`, { signal: left.signal });
    await expect.poll(() => emulator.requests.at(-1)?.status, patiently).toBe('pending');
    left.abort(new Error('mine'));
    await expect(answer).rejects.toThrow('mine');
    await expect.poll(() => emulator.requests.at(-1)?.status, patiently).toBe('aborted');
  });

  test('reset: the connection breaks, before the answer or after half of it, which arrives', async () => {
    const { emulator, send } = await connect();
    emulator.script({ type: 'reset' });
    emulator.script({ type: 'reset', part: 'body' });
    await expect(send('/jobs/x')).rejects.toMatchObject(brokenConnection);
    const answer = await send('/jobs/x');
    expect(answer.status).toBe(404);
    let arrived = 0;
    const toEnd = answer.body?.pipeTo(
      new WritableStream({ write: (part: Uint8Array) => void (arrived += part.length) }),
    );
    await expect(toEnd).rejects.toMatchObject({ cause: expect.anything() });
    expect(arrived).toBe(Math.ceil(Number(answer.headers.get('content-length')) / 2));
    expect(emulator.requests.map((log) => log.status)).toEqual(['reset', 'reset']);
  });

  test.each([undefined, 'body'] as const)(
    'hang: nothing (more) comes until the client leaves (part: %s)',
    async (part) => {
      const { emulator, send } = await connect();
      emulator.script({ type: 'hang', ...(part && { part }) });
      const left = new AbortController();
      const answer = send('/jobs/x', { signal: left.signal }).then((response) => response.text());
      await expect.poll(() => emulator.requests.at(-1)?.status, patiently).toBe('hang');
      expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))])).toBe(
        'nothing',
      );
      left.abort(new Error('mine'));
      await expect(answer).rejects.toThrow('mine');
      await expect.poll(() => emulator.requests.at(-1)?.status, patiently).toBe('aborted');
    },
  );

  test.each([undefined, 'body'] as const)('hang: closing the emulator ends it (part: %s)', async (part) => {
    const { emulator, send } = await connect();
    emulator.script({ type: 'hang', ...(part && { part }) });
    const answer = send('/jobs/x').then((response) => response.text());
    const outcome = expect(answer).rejects.toThrow(TypeError);
    await expect.poll(() => emulator.requests.at(-1)?.status, patiently).toBe('hang');
    emulator.close();
    await outcome;
  });

  const losses = [
    { type: 'reset' },
    { type: 'status', status: 500 },
    { type: 'html' },
    { type: 'redirect', location: '/elsewhere' },
  ] as const satisfies FaultEffect[];
  test.each<(typeof losses)[number]>(losses)(
    "%j: loses the request, or with after: 'accept' only the answer",
    async (fault) => {
      const { emulator, post } = await connect();
      emulator.script({ ...fault, prompt: 'a song' });
      await post('a song').catch(() => undefined);
      expect(emulator.jobs.size).toBe(0);
      emulator.script({ ...fault, prompt: 'a song', after: 'accept' });
      await post('a song').catch(() => undefined);
      expect(emulator.jobs.size).toBe(1);
      expect(emulator.requests[1]?.jobId).toBe([...emulator.jobs.keys()][0]);
    },
  );

  test("hang and delay with after: 'accept' make the job at once", async () => {
    const { emulator, post } = await connect();
    for (const fault of [{ type: 'hang' }, { type: 'delay', ms: 60_000 }] as const) {
      emulator.script({ ...fault, after: 'accept' });
      const left = new AbortController();
      const before = emulator.jobs.size;
      const answer = post('a song', { signal: left.signal });
      const outcome = expect(answer).rejects.toThrow();
      await expect.poll(() => emulator.jobs.size, patiently).toBe(before + 1);
      left.abort();
      await outcome;
    }
  });
});
