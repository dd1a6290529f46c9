import { Buffer } from 'node:buffer';
import { request } from 'node:http';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completed, FakeEngine } from '../../test/fake-engine.js';
import { listen } from '../../test/listen.js';
import { RawClient } from '../../test/raw-client.js';
import { until } from '../../test/until.js';

/** The URL that `authorize` is given for a request, and what the client is answered. */
async function urlFor(host: string, path = '/jobs/a?x=1') {
  const engine = new FakeEngine();
  engine.job('a').next(completed('a'));
  const seen: string[] = [];
  const authorize = ({ url }: Request): boolean => seen.push(url) > 0;
  const { port } = await listen(createNodeJobsHandler(engine, { authorize }));
  const status = await new Promise((resolve) => {
    const client = request({ port, host: '127.0.0.1', path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    client.end();
  });
  return [status, ...seen];
}

describe('the URL that authorize sees', () => {
  it.each([
    ['app.example', 'http://app.example'],
    ['app.example:8080', 'http://app.example:8080'],
    ['[::1]:80', 'http://[::1]'],
    ['evil/public?', 'http://localhost'],
    ['evil/public#', 'http://localhost'],
    ['evil?', 'http://localhost'],
    ['x\\y', 'http://localhost'],
    ['u:p@h', 'http://localhost'],
    ['a b', 'http://localhost'],
  ])('is the one of the request, whatever is in Host: %s', async (host, origin) => {
    expect(await urlFor(host)).toEqual([200, `${origin}/jobs/a?x=1`]);
  });

  it.each([
    ['http://app.example/jobs/a', 'http://app.example/jobs/a'],
    ['HTTP://app.example/jobs?job=a', 'http://app.example/jobs?job=a'],
    ['http://u:p@h/jobs/a', 'http://localhost/jobs/a'],
    ['/jobs/a\\..\\..\\public', 'http://x/jobs/a%5C..%5C..%5Cpublic'],
  ])('is the one of the request, for the target %s', async (target, url) => {
    expect((await urlFor('x', target))[1]).toBe(url);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a body that does not end', () => {
  it('holds a place for 10 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true, maxConnections: 2 });
    const { port, server } = await listen(handler);
    const asked = new Promise((resolve) => server.once('request', resolve));
    const head = 'content-type: application/json\r\ncontent-length: 14\r\n';
    const client = new RawClient(port, '/jobs', head, 'POST');
    client.socket.write('{"prompt"');
    await asked;
    await vi.advanceTimersByTimeAsync(9_999);
    expect(client.text).toBe('');
    await vi.advanceTimersByTimeAsync(1);
    await until(() => client.text.includes('connection: close'));
    expect(client.text).toMatch(/^HTTP\/1.1 408 .*"invalid_request"/s);
    await vi.advanceTimersByTimeAsync(1_000);
    await client.closed;
    expect(engine.prompts).toEqual([]);
  });
});

describe('a body that was parsed before', () => {
  it('and not handed on is a 400 that says so', async () => {
    const handler = createNodeJobsHandler(new FakeEngine(), { authorize: 'public', generate: true });
    const { url } = await listen((req, res) => {
      req.resume().once('end', () => {
        handler(req, res);
      });
    });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"rain"}' };
    const response = await fetch(`${url}/jobs`, init);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('req.body')]);
  });

  it('is a 400 when its bytes are not UTF-8, and the engine is not asked', async () => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true });
    const { url } = await listen((req, res) => {
      handler(Object.assign(req, { body: Buffer.from('{"prompt":"a\xff"}', 'latin1') }), res);
    });
    const response = await fetch(`${url}/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' } });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_request' }]);
    expect(engine.prompts).toEqual([]);
  });

  it.each([
    ['text', JSON.stringify({ prompt: 'ä'.repeat(33_000) })],
    ['bytes', Buffer.from(JSON.stringify({ prompt: 'ä'.repeat(33_000) }))],
    ['a value', { prompt: 'ä'.repeat(33_000) }],
  ])('is a 413 over 64 KiB, whatever was announced: %s', async (_, body) => {
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', generate: true });
    const { url } = await listen((req, res) => {
      handler(Object.assign(req, { body }), res);
    });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    expect((await fetch(`${url}/jobs`, init)).status).toBe(413);
    expect(engine.prompts).toEqual([]);
  });
});
