import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import type { JobsHandlerOptions } from '@whisul-rx/sse/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeEngine } from '../../test/fake-engine.js';
import { listen, listenOn } from '../../test/listen.js';
import { RawClient } from '../../test/raw-client.js';
import { until } from '../../test/until.js';

const huge = 'content-type: application/json\r\ncontent-length: 2000000000\r\n';
const chunked = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n';

async function serve(options: Partial<JobsHandlerOptions> = {}) {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true, ...options });
  return { engine, ...(await listen(handler)) };
}

/** Sends for as long as anybody reads, and says how much that was. */
function pour(client: RawClient, chunk: string): () => number {
  let sent = 0;
  const more = (): void => {
    while (!client.socket.destroyed && client.socket.write(chunk)) sent += chunk.length;
  };
  client.socket.on('drain', more);
  more();
  return () => sent;
}

describe('the body of a POST that is refused', () => {
  it.each([
    ['too large', huge, {}, 'x'.repeat(64_000), 413],
    ['too large when it comes', chunked, {}, `fa00\r\n${'x'.repeat(64_000)}\r\n`, 413],
    ['not permitted', huge, { authorize: () => false }, 'x'.repeat(64_000), 403],
    ['not JSON', huge.replace('json', 'xml'), {}, 'x'.repeat(64_000), 415],
  ])('is not read: %s', async (_, head, options, chunk, status) => {
    const { engine, port } = await serve(options);
    const client = new RawClient(port, '/jobs', head, 'POST');
    const sent = pour(client, chunk);
    await client.closed;
    expect(client.text).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    expect(client.text).toMatch(/\r\nconnection: close\r\n/i);
    expect(client.text).toContain(
      '"invalid_request"'.replace('invalid_request', status === 403 ? 'unauthorized' : 'invalid_request'),
    );
    // What the sockets between them hold, not what was announced.
    expect(sent()).toBeLessThan(50_000_000);
    expect(engine.prompts).toEqual([]);
  });

  it('that has come keeps the connection', async () => {
    const { port } = await serve();
    const post = 'content-type: application/json\r\ncontent-length: 2\r\n';
    const client = new RawClient(port, '/jobs', post, 'POST');
    client.socket.write('{}');
    await until(() => client.text.includes('400 Bad Request'));
    expect(client.text).not.toMatch(/connection: close/i);
    client.text = '';
    client.socket.write('GET /elsewhere HTTP/1.1\r\nhost: test\r\n\r\n');
    await until(() => client.text.includes('404 Not Found'));
    client.socket.destroy();
  });

  it('ends its stream over HTTP/2, and not the session', async () => {
    const server = createHttp2Server(
      createNodeJobsHandler(new FakeEngine(), { authorize: () => false, generate: true }),
    );
    const session = connectHttp2(`http://127.0.0.1:${String(await listenOn(server))}`);
    onTestFinished(async () => {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const headers = { ':method': 'POST', ':path': '/jobs', 'content-type': 'application/json' };
    for (let count = 0; count < 2; count += 1) {
      const request = session.request(headers, { endStream: false });
      request.on('error', () => undefined);
      request.write('{');
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const status = new Promise((resolve) => request.once('response', (head) => resolve(head[':status'])));
      const closed = new Promise((resolve) => request.once('close', resolve));
      expect(await status).toBe(403);
      await closed;
      expect(text).toContain('"unauthorized"');
    }
  });
});

describe('the places of a connection', () => {
  it('are half of all for one that pipelines: others are served', async () => {
    const { engine, port, url } = await serve({ maxConnections: 10 });
    const client = new RawClient(port, '/jobs/j0');
    for (let index = 1; index < 20; index += 1) {
      client.socket.write(`GET /jobs/j${String(index)} HTTP/1.1\r\nhost: test\r\naccept: text/event-stream\r\n\r\n`);
    }
    await until(() => engine.live === 5);
    expect((await fetch(`${url}/jobs`, { method: 'POST' })).status).toBe(415);
    client.socket.destroy();
    await until(() => engine.live === 0);
  });

  it('are half of all for one of HTTP/2: others are served', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true, maxConnections: 50 });
    const server = createHttp2Server(handler);
    const port = await listenOn(server);
    const [greedy, other] = [1, 2].map(() => connectHttp2(`http://127.0.0.1:${String(port)}`));
    if (greedy === undefined || other === undefined) throw new Error('There are two.');
    onTestFinished(async () => {
      greedy.destroy();
      other.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const statuses: unknown[] = [];
    const ask = (session: typeof greedy, body: string, isEnd: boolean) => {
      const headers = { ':method': 'POST', ':path': '/jobs', 'content-type': 'application/json' };
      const request = session.request(headers, { endStream: false });
      request.on('error', () => undefined);
      request.on('response', (head) => statuses.push(head[':status'])).resume();
      if (isEnd) request.end(body);
      else request.write(body);
    };
    for (let count = 0; count < 80; count += 1) ask(greedy, '{', false);
    await until(() => statuses.length === 55);
    expect(new Set(statuses)).toEqual(new Set([503]));
    statuses.length = 0;
    ask(other, '{}', true);
    await until(() => statuses.length === 1);
    expect(statuses).toEqual([400]);
  });
});
