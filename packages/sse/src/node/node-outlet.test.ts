import { createServer as createHttp2Server, connect as connectHttp2 } from 'node:http2';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';
import type { JobState } from '@whisul-rx/core';
import { Subject } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { completed, FakeEngine, running } from '../../test/fake-engine.js';
import { listen, listenOn } from '../../test/listen.js';
import { RawClient } from '../../test/raw-client.js';
import { until } from '../../test/until.js';

/** Breaks the writes of responses to requests that ask for it, from the nth on. */
function breakWrites(req: { headers: NodeJS.Dict<string | string[]> }, res: object): void {
  let left = Number(req.headers['x-good-writes'] ?? Infinity);
  if (left === Infinity) return;
  const write: unknown = Reflect.get(res, 'write');
  for (const name of ['write', 'end']) {
    Reflect.set(res, name, (...given: unknown[]): unknown => {
      left -= 1;
      if (left < 0 || typeof write !== 'function') throw new Error('The middleware is broken.');
      return Reflect.apply(write, res, given);
    });
  }
}

it.each([0, 1, 2])('closes a connection whose write throws after %i, and disturbs nobody else', async (good) => {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public', heartbeat: 20, maxConnections: 2 });
  const { port, url } = await listen((req, res) => {
    breakWrites(req, res);
    handler(req, res);
  });
  engine.job('a').next(running('a'));
  const broken = new RawClient(port, '/jobs/a', `accept: text/event-stream\r\nx-good-writes: ${String(good)}\r\n`);
  const other = new RawClient(port, '/jobs/a');
  await until(() => other.text.includes('a:running'));
  engine.job('a').next(running('a', { more: 1 }));
  await broken.closed;
  // Its place is free again.
  expect((await fetch(`${url}/jobs/a`)).status).toBe(200);
  engine.job('a').next(completed('a'));
  await other.closed;
  expect(other.text).toMatch(/a:completed[^]*event: end\nid: end\ndata: \{\}\n\n$/);
  expect(engine.live).toBe(0);
});

it('survives a JSON answer whose write throws', async () => {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public' });
  const { port, url } = await listen((req, res) => {
    breakWrites(req, res);
    handler(req, res);
  });
  engine.job('a').next(running('a'));
  await new RawClient(port, '/jobs/a', 'x-good-writes: 0\r\n').closed;
  expect((await fetch(`${url}/jobs/a`)).status).toBe(200);
});

it('survives one in close()', async () => {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public' });
  const { port } = await listen((req, res) => {
    breakWrites(req, res);
    handler(req, res);
  });
  engine.job('a').next(running('a'));
  const client = new RawClient(port, '/jobs/a', 'accept: text/event-stream\r\nx-good-writes: 2\r\n');
  await until(() => client.text.includes('a:running'));
  await handler.close();
  await client.closed;
});

it('survives one of pipeToSse, which lets go of its source', async () => {
  const source$ = new Subject<JobState>();
  const { port } = await listen((req, res) => {
    breakWrites(req, res);
    pipeToSse(source$, req, res);
  });
  const client = new RawClient(port, '/', 'x-good-writes: 1\r\n');
  await until(() => source$.observed);
  source$.next(running('a'));
  await client.closed;
  expect(source$.observed).toBe(false);
});

it.each(['write', 'answer'])('survives one over HTTP/2: %s', async (kind) => {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public' });
  const server = createHttp2Server((req, res) => {
    if (kind === 'answer')
      res.writeHead(200); // somebody has answered before
    else breakWrites(req, res);
    handler(req, res);
  });
  const session = connectHttp2(`http://127.0.0.1:${String(await listenOn(server))}`);
  onTestFinished(async () => {
    session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  engine.job('a').next(running('a'));
  const headers = { ':path': '/jobs/a', accept: 'text/event-stream', 'x-good-writes': '1' };
  const request = session.request(headers);
  request.on('error', () => undefined).resume();
  await new Promise((resolve) => request.once('close', resolve));
  await until(() => engine.live === 0);
});
