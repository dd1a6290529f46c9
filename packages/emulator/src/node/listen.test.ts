import { connect } from 'node:net';
import { request } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createEmulator } from '../create-emulator.js';
import { listen } from './listen.js';

vi.setConfig({ testTimeout: 30_000 });
const patiently = { timeout: 10_000 };
const headers = { authorization: 'Bearer any' };
/** What is only weakly held is gone after this. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('This Node does not hand out its garbage collector.');
  Reflect.apply(gc, undefined, []);
}
const sockets = () => process.getActiveResourcesInfo().filter((kind) => /^TCP/.test(kind)).length;

describe('listen', () => {
  test('serves the API and its files at the url it gives', async () => {
    const server = await listen(createEmulator({ jobDuration: 0 }));
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api$/);
    const submitted = await fetch(`${server.url}/generate`, { method: 'POST', headers, body: '{"prompt":"a song"}' });
    const { poll_url }: { poll_url: string } = await submitted.json();
    const job: { result: { song_url: string } } = await (await fetch(server.url + poll_url, { headers })).json();
    const whole = await fetch(job.result.song_url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.subarray(0, 4).toString()).toBe('RIFF');
    const part = await fetch(job.result.song_url, { headers: { range: 'bytes=8-11' } });
    expect([part.status, await part.text()]).toEqual([206, 'WAVE']);
    const head = await fetch(job.result.song_url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    await server.close();
  });

  test('an empty host is the default: it would listen everywhere, at a url without a host', async () => {
    const server = await listen(createEmulator(), { host: '' });
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    await server.close();
  });

  test('rejects when the port is taken', async () => {
    const server = await listen(createEmulator());
    const port = Number(new URL(server.url).port);
    await expect(listen(createEmulator(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  test('close() ends at once with answers that hang, and leaves nothing', async () => {
    const before = sockets();
    const emulator = createEmulator();
    const server = await listen(emulator);
    emulator.script({ type: 'hang', times: 10 });
    emulator.script({ type: 'hang', part: 'body', times: 10 });
    const answers = Array.from({ length: 20 }, () => fetch(`${server.url}/jobs/x`).then((answer) => answer.text()));
    const outcomes = Promise.allSettled(answers);
    await expect.poll(() => emulator.requests.filter(({ status }) => status === 'hang').length, patiently).toBe(20);
    collectGarbage();
    await server.close();
    for (const { status } of await outcomes) expect(status).toBe('rejected');
    await expect.poll(() => emulator.requests.every(({ status }) => status === 'aborted'), patiently).toBe(true);
    await expect.poll(sockets, patiently).toBeLessThanOrEqual(before);
    expect((await emulator.fetch('http://emulator.local/api/jobs/x', { headers })).status).toBe(404);
  });

  test('close() twice is fine, and the port is free again', async () => {
    const server = await listen(createEmulator());
    await server.close();
    await server.close();
    const again = await listen(createEmulator(), { port: Number(new URL(server.url).port) });
    await again.close();
  });

  test('clients that vanish leave nothing', async () => {
    const before = sockets();
    const emulator = createEmulator();
    const server = await listen(emulator);
    emulator.script({ type: 'hang', times: 50 });
    const clients = Array.from({ length: 50 }, () => {
      const client = request(`${server.url}/jobs/x`, { agent: false });
      client.on('error', () => undefined).end();
      return client;
    });
    await expect.poll(() => emulator.requests.filter(({ status }) => status === 'hang').length, patiently).toBe(50);
    collectGarbage();
    for (const client of clients) client.destroy();
    await expect.poll(() => emulator.requests.filter(({ status }) => status === 'aborted').length, patiently).toBe(50);
    await server.close();
    await expect.poll(sockets, patiently).toBeLessThanOrEqual(before);
  });

  /** All that comes back for these bytes; `leave` ends the sending side. */
  const exchange = (url: string, raw: string, leave = false) =>
    new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
      socket.write(raw);
      if (leave) socket.end();
    });

  test.each([
    ['GET //elsewhere.example/api/jobs/x', 'Host: h', 404],
    ['GET http://elsewhere.example/api', 'Host: h', 401],
    ['TRACE /api/jobs/x', 'Host: h', 405],
    ['GET /api/jobs/x', 'Host: b%d host', 400],
    ['GET /api/jobs/x', 'Host: h/api', 400],
    ['GET /api/jobs/x', 'Host: user@h', 400],
    ['GET /api/jobs/x', 'Host:', 401],
    ['GET http://[/api/jobs/x', 'Host: h', 400],
    ['OPTIONS *', 'Host: h', 404],
  ])('%s (%s) is answered with %d, and the next one is served', async (line, host, status) => {
    const emulator = createEmulator();
    const server = await listen(emulator);
    const seen = await exchange(server.url, `${line} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
    expect(seen).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(`${server.url}/jobs/x`, { headers })).status).toBe(404);
    await server.close();
  });

  test('a target that is a whole URL names path and query as any other', async () => {
    const emulator = createEmulator();
    const server = await listen(emulator);
    const target = 'http://h/api/jobs/x?y=http://z';
    const head = `GET ${target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer any\r\nConnection: close\r\n\r\n`;
    expect(await exchange(server.url, head)).toContain('There is no job with this id');
    expect(emulator.requests).toMatchObject([{ origin: 'http://h', path: '/api/jobs/x', status: 404 }]);
    await server.close();
  });

  test('a body that breaks off gets no answer, and the next one is served', async () => {
    const server = await listen(createEmulator());
    const raw = 'POST /api/generate HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{"pro';
    expect(await exchange(server.url, raw, true)).not.toMatch(/^HTTP\/1\.1 2/);
    expect((await fetch(`${server.url}/jobs/x`, { headers })).status).toBe(404);
    await server.close();
  });
});
