import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { Job } from '@whisul-rx/core';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import type { JobsHandlerOptions } from '@whisul-rx/sse/server';
import { config, Observable } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../../test/fake-engine.js';
import { listen, listenOn } from '../../test/listen.js';
import { RawClient } from '../../test/raw-client.js';
import { eventsOf, StreamReader } from '../../test/read-stream.js';
import { until } from '../../test/until.js';

const stream = { accept: 'text/event-stream' };
const json = { 'content-type': 'application/json' };

async function serve(options: Partial<JobsHandlerOptions> = {}) {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public', ...options });
  return { engine, handler, ...(await listen(handler)) };
}

describe('createNodeJobsHandler', () => {
  it('streams over a socket: head, retry, states, end', async () => {
    const { engine, url } = await serve();
    engine.job('a').next(running('a'));
    const response = await fetch(`${url}/jobs/a`, { headers: stream });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-store, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const reader = new StreamReader(response);
    expect(await reader.next()).toEqual({ retry: 2_000 });
    expect(await reader.next()).toEqual({ comment: 'heartbeat=8000' });
    expect((await reader.event())?.id).toBe('a:running');
    engine.job('a').next(completed('a'));
    expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
    expect(engine.live).toBe(0);
  });

  it('sends heartbeats', async () => {
    const { engine, url } = await serve({ heartbeat: 40 });
    engine.job('a').next(running('a'));
    const reader = new StreamReader(await fetch(`${url}/jobs/a`, { headers: stream }));
    await reader.event();
    expect(await reader.next()).toEqual({ comment: '' });
    expect(await reader.next()).toEqual({ comment: '' });
    await reader.cancel();
    await until(() => engine.live === 0);
  });

  it('answers JSON, HEAD, and requests it refuses', async () => {
    const { engine, url } = await serve({ cors: { origin: '*' } });
    engine.job('a').next(running('a'));
    const one = await fetch(`${url}/jobs/a`);
    expect([one.status, await one.json()]).toEqual([200, running('a')]);
    const head = await fetch(`${url}/jobs/a`, { method: 'HEAD', headers: stream });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const lost = await fetch(`${url}/elsewhere`);
    expect([lost.status, lost.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    const preflight = await fetch(`${url}/jobs/a`, { method: 'OPTIONS', headers: { origin: 'https://a.example' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    const seen = await fetch(`${url}/jobs/a`, { headers: { ...stream, 'last-event-id': 'end' } });
    expect(seen.status).toBe(204);
  });

  it('starts jobs, with a body that it reads itself', async () => {
    const { engine, url } = await serve({ generate: true, authorize: () => true });
    const answer = fetch(`${url}/jobs`, { method: 'POST', headers: json, body: '{"prompt":"räin"}' });
    await until(() => engine.live === 1);
    engine.submits.next(submitted('a'));
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([
      202,
      { job_id: 'a', poll_url: '/jobs/a', events_url: '/jobs/a' },
    ]);
    expect(engine.prompts).toEqual([{ prompt: 'räin' }]);
  });

  it('refuses a body that is too large, announced or not, and keeps the connection usable', async () => {
    const { engine, url } = await serve({ generate: true });
    const body = JSON.stringify({ prompt: 'x'.repeat(1_000_000) });
    const announced = await fetch(`${url}/jobs`, { method: 'POST', headers: json, body });
    expect(announced.status).toBe(413);
    const chunks = new Blob([body]).stream();
    const init = { method: 'POST', headers: json, body: chunks, duplex: 'half' };
    expect((await fetch(`${url}/jobs`, init)).status).toBe(413);
    expect(engine.prompts).toEqual([]);
  });

  it('gives authorize a web request', async () => {
    const seen: unknown[] = [];
    const { engine, url } = await serve({
      authorize: (request, ids) => {
        seen.push(request.method, new URL(request.url).pathname, request.headers.get('authorization'), ids);
        return true;
      },
    });
    engine.job('a').next(completed('a'));
    const headers = { ...stream, authorization: 'Bearer x' };
    expect(await eventsOf(await fetch(`${url}/jobs/a`, { headers }))).toEqual(['a:completed', 'end']);
    expect(seen).toEqual(['GET', '/jobs/a', 'Bearer x', ['a']]);
  });

  it('keeps headers that were set before, and adds to Vary', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public' });
    const { url } = await listen((req, res) => {
      res.setHeader('access-control-allow-origin', 'https://a.example');
      res.setHeader('vary', 'Origin');
      handler(req, res);
    });
    engine.job('a').next(completed('a'));
    for (const headers of [stream, {}]) {
      const response = await fetch(`${url}/jobs/a`, { headers });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
      expect(response.headers.get('vary')).toBe('Origin, Accept');
      await response.text();
    }
  });

  it('speaks HTTP/2, without a Connection header, and lets the server close', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: () => true });
    const server = createHttp2Server(handler);
    const session = connectHttp2(`http://127.0.0.1:${String(await listenOn(server))}`);
    engine.job('a').next(running('a'));
    const request = session.request({ ':path': '/jobs/a', accept: 'text/event-stream' });
    request.setEncoding('utf8');
    let text = '';
    request.on('data', (chunk: string) => (text += chunk));
    const head = await new Promise<Record<string, unknown>>((resolve) => request.once('response', resolve));
    expect(head).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream; charset=utf-8' });
    expect(head).not.toHaveProperty('connection');
    expect(head).not.toHaveProperty('transfer-encoding');
    await until(() => text.includes('a:running'));
    const closed = new Promise((resolve) => server.close(resolve));
    await handler.close();
    await closed;
    expect(text).toMatch(/retry: \d{4}\n$/);
    expect(engine.live).toBe(0);
    session.destroy();
  });

  it('sees an HTTP/2 client reset its stream', async () => {
    const engine = new FakeEngine();
    const server = createHttp2Server(createNodeJobsHandler(engine, { authorize: 'public' }));
    const session = connectHttp2(`http://127.0.0.1:${String(await listenOn(server))}`);
    engine.job('a').next(running('a'));
    const request = session.request({ ':path': '/jobs/a', accept: 'text/event-stream' });
    await new Promise((resolve) => request.once('data', resolve));
    expect(engine.live).toBe(1);
    request.close();
    await until(() => engine.live === 0);
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('frees the place of a viewer whose source throws when it is left, and reports the error', async () => {
    const reported = vi.fn();
    config.onUnhandledError = reported;
    onTestFinished(() => {
      config.onUnhandledError = null;
    });
    const job$ = () =>
      new Observable<Job>((subscriber) => {
        subscriber.next(running('a'));
        return () => {
          throw new Error('broken');
        };
      });
    const handler = createNodeJobsHandler({ job$ }, { authorize: 'public', maxConnections: 1 });
    const { url } = await listen(handler);
    const reader = new StreamReader(await fetch(`${url}/jobs/a`, { headers: stream }));
    await reader.event();
    await reader.cancel();
    await until(() => reported.mock.calls.length === 1);
    expect((await fetch(`${url}/jobs/a`)).status).toBe(200);
    await handler.close();
    await until(() => reported.mock.calls.length === 2);
  });

  it('does not ask the source when the client left during authorize', async () => {
    let permit: (verdict: boolean) => void = () => undefined;
    const asked = vi.fn(() => new Promise<boolean>((resolve) => (permit = resolve)));
    const { engine, port, server } = await serve({ authorize: asked });
    const client = new RawClient(port, '/jobs/a');
    await until(() => asked.mock.calls.length === 1);
    client.socket.destroy();
    await until(async () => (await connections(server)) === 0);
    permit(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(engine.followed).toEqual([]);
  });

  it('does nothing for a response whose client has gone before it was called', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public' });
    const done = vi.fn();
    const { port } = await listen((req, res) => {
      res.once('close', () => {
        handler(req, res);
        setImmediate(done);
      });
    });
    const client = new RawClient(port, '/jobs/a');
    client.socket.on('connect', () => setTimeout(() => client.socket.destroy(), 20));
    await until(() => done.mock.calls.length === 1);
    await until(() => engine.live === 0);
    expect(engine.live).toBe(0);
  });
});

function connections(server: { getConnections(done: (error: Error | null, count: number) => void): unknown }) {
  return new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
