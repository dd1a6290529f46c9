import type { ServerResponse } from 'node:http';
import { createServer as createHttp2Server, connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import type { JobEngine, JobState } from '@whisul-rx/core';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';
import { firstValueFrom, NEVER, Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../fake-engine.js';
import { listen, listenOn } from '../listen.js';
import { RawClient } from '../raw-client.js';
import { until } from '../until.js';

const stream = 'accept: text/event-stream\r\n';
const http1 = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: test\r\n${more}\r\n`;

function closing(server: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => server.close(resolve));
}

async function serve(engine: JobEngine = new FakeEngine()) {
  const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true });
  const { port, server } = await listen(handler);
  // An idle connection must not be what Node's own timer closes.
  server.keepAliveTimeout = 0;
  return { handler, port, server };
}

describe('a request that was pipelined behind a stream', () => {
  it('is left when its connection goes, although its response never had a socket', async () => {
    const engine = new FakeEngine();
    const { port, handler } = await serve(engine);
    const client = new RawClient(port, '/jobs/a', stream);
    for (const id of ['b', 'silent']) client.socket.write(http1(`/jobs/${id}`, stream));
    for (const id of ['a', 'b']) engine.job(id).next(running(id));
    await until(() => engine.live === 3);
    client.socket.destroy();
    await until(() => engine.live === 0);
    await handler.close();
  });

  it('does not hold up close()', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public' });
    const { port } = await listen((req, res) => {
      // The response before it is somebody else's, and stays open.
      if (req.url === '/other') res.write('open');
      else handler(req, res);
    });
    const client = new RawClient(port, '/other');
    client.socket.write(http1('/jobs/a', stream));
    engine.job('a').next(running('a'));
    await until(() => engine.live === 1);
    await handler.close();
    expect(engine.live).toBe(0);
    client.socket.destroy();
  });

  it('is answered in its turn when the connection goes on', async () => {
    const engine = new FakeEngine();
    const { port } = await serve(engine);
    engine.job('b').next(completed('b'));
    const client = new RawClient(port, '/jobs/a', '');
    client.socket.write(http1('/jobs/b', stream));
    await until(() => engine.followed.length === 2);
    engine.job('a').next(running('a'));
    await client.closed;
    expect(client.text.indexOf('"running"')).toBeLessThan(client.text.indexOf('b:completed'));
    expect(client.text).toMatch(/event: end\nid: end\ndata: \{\}\n\n$/);
  });

  it('is left by pipeToSse, too', async () => {
    const source$ = new Subject<JobState>();
    const { port } = await listen((req, res) => {
      if (req.url === '/other') res.write('open');
      else pipeToSse(source$, req, res);
    });
    const client = new RawClient(port, '/other');
    client.socket.write(http1('/'));
    await until(() => source$.observed);
    client.socket.destroy();
    await until(() => !source$.observed);
  });
});

describe('close()', () => {
  it('starts no job for a prompt that comes after it', async () => {
    const engine = new FakeEngine();
    const { port, handler, server } = await serve(engine);
    const asked = new Promise((resolve) => server.once('request', resolve));
    const head = `content-type: application/json\r\n${stream}content-length: 14\r\n`;
    const client = new RawClient(port, '/jobs', head, 'POST');
    client.socket.write('{"prompt"');
    await asked;
    const closed = closing(server);
    await handler.close();
    client.socket.write(':"x"}');
    await closed;
    await client.closed;
    expect(engine.prompts).toEqual([]);
    expect(client.text).toMatch(/^HTTP\/1.1 503 /);
  });

  it.each([
    ['the state', '', 503],
    ['the stream', stream, 200],
  ])('answers a client that waits for %s, and ends its connection', async (_, accept, status) => {
    const engine = new FakeEngine();
    const { port, handler, server } = await serve(engine);
    const client = new RawClient(port, '/jobs/a', accept);
    await until(() => engine.live === 1);
    const closed = closing(server);
    await handler.close();
    expect(engine.live).toBe(0);
    await closed;
    await client.closed;
    expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    if (accept !== '') expect(client.text).toMatch(/\nretry: ([1-4]\d{3}|5000)\n$/);
  });

  it.each([
    ['nothing', '/elsewhere', '', 404],
    ['a state', '/jobs/a', '', 503],
    ['a stream', '/jobs/a', stream, 200],
  ])('takes the connection of a client that asks for %s afterwards', async (_, path, accept, status) => {
    const { port, handler, server } = await serve();
    const client = new RawClient(port, '/elsewhere', '');
    await until(() => client.text.includes('404'));
    await handler.close();
    client.text = '';
    client.socket.write(http1(path, accept));
    await client.closed;
    expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    await closing(server);
  });

  it('ends the connection of a client whose authorize is stuck', async () => {
    const authorize = vi.fn(() => firstValueFrom(NEVER));
    const handler = createNodeJobsHandler(new FakeEngine(), { authorize });
    const { port, server } = await listen(handler);
    const client = new RawClient(port, '/jobs/a', '');
    await until(() => authorize.mock.calls.length === 1);
    const closed = closing(server);
    await handler.close();
    await closed;
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1.1 503 /);
  });

  it('of the signal of pipeToSse takes the connection, too', async () => {
    const { port } = await listen((req, res) => pipeToSse(NEVER, req, res, { signal: AbortSignal.abort() }));
    const client = new RawClient(port, '/');
    await client.closed;
    expect(client.text).toContain('retry: ');
  });
});

describe('close() over HTTP/2', () => {
  /** A way to the server on which nothing comes back any more once it is stalled, as from a laptop that sleeps. */
  async function stallableWay(port: number) {
    const upstreams: Socket[] = [];
    const proxy = createServer((client) => {
      const upstream = connect({ port, host: '127.0.0.1' });
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.pipe(upstream).pipe(client);
      upstreams.push(upstream);
    });
    onTestFinished(() => {
      for (const upstream of upstreams) upstream.destroy();
      proxy.close();
    });
    const stall = (): void => {
      for (const upstream of upstreams) upstream.unpipe().pause();
    };
    return { port: await listenOn(proxy), stall };
  }

  async function serveHttp2(stalls = false) {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true });
    const server = createHttp2Server((req, res) => {
      if (req.url === '/other') res.write('open');
      else handler(req, res);
    });
    const port = await listenOn(server);
    const way = stalls ? await stallableWay(port) : { port, stall: () => undefined };
    // A window of HTTP/2 must not be what ends a connection that stalls itself.
    const window = stalls ? 2 ** 31 - 1 : 65_535;
    const session = connectHttp2(`http://127.0.0.1:${String(way.port)}`, { settings: { initialWindowSize: window } });
    session.on('error', () => undefined); // a reset is one of the ways to go
    onTestFinished(() => {
      session.destroy();
    });
    await new Promise((resolve) => session.once('connect', resolve));
    session.setLocalWindowSize(window);
    return { engine, handler, server, session, stall: way.stall };
  }

  function ask(session: ClientHttp2Session, path: string, headers: Record<string, string> = {}) {
    const request = session.request({ ':path': path, ...headers });
    request.on('error', () => undefined);
    request.setEncoding('utf8');
    const seen = { request, text: '', ended: new Promise((resolve) => request.once('close', resolve)) };
    request.on('data', (chunk: string) => (seen.text += chunk));
    return seen;
  }

  const events = { accept: 'text/event-stream' };

  it.each([
    ['a JSON answer', {}],
    ['a finished stream', events],
  ])('ends a session that is idle after %s', async (_, headers) => {
    const { engine, handler, server, session } = await serveHttp2();
    engine.job('a').next(completed('a'));
    await ask(session, '/jobs/a', headers).ended;
    const closed = closing(server);
    await handler.close();
    await closed;
  });

  it.each([
    ['the state', {}],
    ['the stream', events],
  ])('ends a session that waits for %s, after its answer', async (_, headers) => {
    const { engine, handler, server, session } = await serveHttp2();
    const { ended } = ask(session, '/jobs/a', headers);
    await until(() => engine.live === 1);
    const closed = closing(server);
    await handler.close();
    engine.job('a').next(running('a'));
    await Promise.all([ended, closed]);
  });

  it('ends a session that comes afterwards, after its answer', async () => {
    const { handler, server, session } = await serveHttp2();
    await handler.close();
    const answer = ask(session, '/jobs/a');
    await answer.ended;
    expect(answer.text).toContain('503');
    await closing(server);
  });

  it.each([
    ['stream', false],
    ['connection', true],
  ])('ends a session whose %s stalls', async (_, stalls) => {
    const { engine, handler, server, session, stall } = await serveHttp2(stalls);
    engine.job('a').next(running('a'));
    const { request } = ask(session, '/jobs/a', events);
    await new Promise((resolve) => request.once('data', resolve));
    request.pause();
    stall();
    // More than a small window is, or than all the buffers between them hold.
    engine.job('a').next(running('a', { padding: 'x'.repeat(stalls ? 2 ** 25 : 200_000) }));
    const closed = closing(server);
    await handler.close();
    await closed;
    expect(engine.live).toBe(0);
  });

  it('lets what others answer on the session finish', async () => {
    const { engine, handler, server, session } = await serveHttp2();
    let finish: () => void = () => undefined;
    server.on('request', (req, res) => {
      if (req.url === '/other') finish = () => res.end(' and done');
    });
    engine.job('a').next(running('a'));
    const other = ask(session, '/other');
    const ours = ask(session, '/jobs/a', events);
    await until(() => other.text !== '' && ours.text.includes('a:running'));
    const closed = closing(server);
    await handler.close();
    await ours.ended;
    finish();
    await Promise.all([other.ended, closed]);
    expect(other.text).toBe('open and done');
  });
});

describe('close() and a submit', () => {
  const post = (accept: string): string => `content-type: application/json\r\n${accept}content-length: 14\r\n`;

  it.each([
    ['its answer', ''],
    ['its stream', stream],
  ])('waits for %s where the job may have been paid for, or says so', async (_, accept) => {
    const engine = new FakeEngine();
    const { port, handler, server } = await serve(engine);
    const asked = new Promise<ServerResponse>((resolve) => server.once('request', (_, res) => resolve(res)));
    const client = new RawClient(port, '/jobs', post(accept), 'POST');
    client.socket.write('{"prompt":"x"}');
    await until(() => engine.live === 1);
    const response = await asked;
    const closed = closing(server);
    const handlerClosed = handler.close();
    engine.submits.next(submitted('a'));
    await handlerClosed;
    // Ending the process now does not lose the answer.
    expect(response.writableEnded).toBe(true);
    await closed;
    await client.closed;
    if (accept === '') expect(client.text).toMatch(/^HTTP\/1.1 202 .*"job_id":"a"/s);
    else expect(client.text).toMatch(/^HTTP\/1.1 502 .*"code":"submit_unknown"/s);
  });
});
