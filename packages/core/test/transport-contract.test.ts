import { type Transport, type TransportRequest } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ProxyAgent } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fetchTransport } from '../src/http/fetch-transport.js';
import { isNeverSent } from '../src/model/never-sent.js';
import { isTransient } from '../src/model/failure.js';
import { hostileServer } from './hostile-server.js';

const transports: readonly (readonly [string, Transport])[] = [
  ['cross-fetch, the default', fetchTransport()],
  ['the platform fetch', fetchTransport(globalThis.fetch)],
  ['undiciTransport', undiciTransport()],
];

/** A server of bare sockets; it tells what came and which sockets are open. */
async function rawServer(onData: (socket: Socket, text: string) => void) {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => onData(socket, text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  );
  return { url: `http://127.0.0.1:${address.port}`, open };
}

const get = (url: string, signal = new AbortController().signal): TransportRequest => ({
  method: 'GET',
  url,
  headers: {},
  signal,
});
async function read(transport: Transport, url: string): Promise<string> {
  return (await transport(get(url))).text();
}

describe.each(transports)('over %s', (_, transport) => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const zipped = gzipSync(JSON.stringify({ text: 'x'.repeat(1_000) }));
  it.each([
    ['with a length', `${head}content-length: 200\r\n\r\n${'x'.repeat(20)}`],
    ['in chunks', `${head}transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n`],
    [
      'that is compressed',
      Buffer.concat([
        Buffer.from(`${head}content-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`),
        zipped.subarray(0, 20),
      ]),
    ],
  ])('a body %s that is cut short rejects at once', async (_name, answer) => {
    for (const wait of [0, 50]) {
      const { url } = await rawServer((socket) => socket.write(answer, () => setTimeout(() => socket.destroy(), wait)));
      // Nothing else would end it: there is no timeout here.
      await expect(read(transport, url)).rejects.toThrow();
    }
  });

  it('an endless body ends at 1 MiB, and its connection with it', async () => {
    const { url, open } = await rawServer((socket) => {
      socket.write(`${head}\r\n`);
      const more = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536)));
      };
      socket.on('drain', more);
      more();
    });
    await expect(read(transport, url)).rejects.toMatchObject({ name: 'WhisulError', code: 'invalid_response' });
    await vi.waitFor(() => expect(open.size).toBe(0), 20_000);
  });

  it('a body of 1 MiB is read, one that announces more is not', async () => {
    const server = await hostileServer(
      (response, { path }) => void response.end('x'.repeat(Number(path.split('/').at(-1)))),
    );
    expect(await read(transport, `${server.url}/1048576`)).toHaveLength(1_048_576);
    await expect(read(transport, `${server.url}/1048577`)).rejects.toMatchObject({ code: 'invalid_response' });
  });

  it('characters may be split between pieces, and a byte order mark is no text', async () => {
    const text = Buffer.from('\uFEFF{"title":"Zähne \u{1f600} 雨"}');
    const server = await hostileServer((response) => {
      const send = (at: number) => {
        if (at >= text.length) response.end();
        else response.write(text.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      send(0);
    });
    expect((await read(transport, server.url)).replace(/^\uFEFF/, '')).toBe('{"title":"Zähne \u{1f600} 雨"}');
  });

  it('connections are used again', async () => {
    const sockets = new Set<Socket>();
    const server = await hostileServer((response, _seen, _index, socket) => {
      sockets.add(socket);
      response.end('{}');
    });
    for (let i = 0; i < 5; i += 1) expect(await read(transport, `${server.url}/${i}`)).toBe('{}');
    expect(sockets.size).toBeLessThan(5);
  });

  it.each(['before the head', 'in the body'])('an abort %s rejects and closes the connection', async (where) => {
    const controller = new AbortController();
    const { url, open } = await rawServer((socket) => {
      if (where === 'in the body') socket.write(`${head}content-length: 9\r\n\r\nabc`);
      else controller.abort();
    });
    const answer = transport(get(url, controller.signal)).then((response) => {
      const text = response.text();
      setImmediate(() => controller.abort());
      return text;
    });
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(open.size).toBe(0), 20_000);
  });

  it('an abort beforehand sends nothing', async () => {
    const server = await hostileServer((response) => void response.end('{}'));
    await expect(transport(get(server.url, AbortSignal.abort()))).rejects.toThrow();
    expect(await read(transport, server.url)).toBe('{}');
    expect(server.calls).toHaveLength(1);
  });
});

describe('undiciTransport', () => {
  it('hears of an abort without a signal, also in the queue, and keeps the connection for others', async () => {
    const transport = undiciTransport({ connections: 1 });
    const answers: (() => void)[] = [];
    const sockets = new Set<Socket>();
    const server = await hostileServer((response, _seen, _index, socket) => {
      sockets.add(socket);
      answers.push(() => void response.end('{}'));
    });
    const listeners: (() => void)[] = [];
    const request = (path: string): TransportRequest => ({
      method: 'GET',
      url: `${server.url}/${path}`,
      headers: {},
      get signal(): AbortSignal {
        throw new Error('Nobody needs it.');
      },
      onAbort: (listener) => void listeners.push(listener),
    });
    const [first, second, third] = ['1', '2', '3'].map((path) => transport(request(path)));
    listeners[1]?.();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(answers).toHaveLength(1), 20_000);
    answers[0]?.();
    expect(await (await first)?.text()).toBe('{}');
    await vi.waitFor(() => expect(answers).toHaveLength(2), 20_000);
    answers[1]?.();
    expect(await (await third)?.text()).toBe('{}');
    expect(server.calls.map(({ path }) => path)).toEqual(['/api/1', '/api/3']);
    expect(sockets.size).toBe(1);
    await transport.close();
  });

  it('an abort while it connects gives the connection up', async () => {
    const controller = new AbortController();
    // It takes the greeting of TLS and never answers.
    const silent = await rawServer(() => controller.abort());
    const transport = undiciTransport();
    const url = silent.url.replace('http:', 'https:');
    await expect(transport(get(url, controller.signal))).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(silent.open.size).toBe(0), 20_000);
    await transport.close();
  });

  it.each([{ connections: 2 }, { pipelining: 2 }])('refuses %j beside a dispatcher', (options) => {
    const dispatcher = new ProxyAgent('http://proxy.example');
    expect(() => undiciTransport({ ...options, dispatcher })).toThrow(/must be left out beside `dispatcher`/);
  });

  it('asks for the path that a URL means', async () => {
    const server = await hostileServer((response) => void response.end('{}'));
    const transport = undiciTransport();
    for (const path of ['/a', '/a/../b', '/%2e%2E/c', '/d?e=f#g', '/ü']) await read(transport, server.url + path);
    expect(server.calls.map(({ path }) => path)).toEqual(['/api/a', '/api/b', '/c', '/api/d?e=f', '/api/%C3%BC']);
    await transport.close();
  });

  it('leaves a signal without a listener', async () => {
    const server = await hostileServer((response) => void response.end('{}'));
    const transport = undiciTransport();
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    const unlisten = vi.spyOn(signal, 'removeEventListener');
    await (await transport(get(server.url, signal))).text();
    expect([listen.mock.calls.length, unlisten.mock.calls.length]).toEqual([1, 1]);
    await transport.close();
  });

  it('a proxy that refuses to connect has passed nothing on; its agent is not closed', async () => {
    const proxy = await rawServer((socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
    );
    const dispatcher = new ProxyAgent(proxy.url);
    const transport = undiciTransport({ dispatcher });
    const error: unknown = await transport(get('https://whisul.example/api/jobs/a')).catch((reason: unknown) => reason);
    expect(isNeverSent(error)).toBe(true);
    await transport.close();
    expect(dispatcher).toMatchObject({ closed: false });
    await dispatcher.close();
  });
});

describe('fetchTransport', () => {
  it.each([undefined, null, 'ok', {}, { status: 200 }, { status: 200, text: '{}' }, { text: () => '{}' }])(
    'a `fetch` that returns %j is told once',
    async (response) => {
      const transport = fetchTransport(async () => JSON.parse(JSON.stringify(response ?? null)));
      const error: unknown = await transport(get('http://a')).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'invalid_response', message: expect.stringContaining('`fetch`') });
      expect(isTransient(error)).toBe(false);
    },
  );

  it('reads a response without a stream by its text', async () => {
    const response = Object.assign(new Response(), { text: async () => 'all of it' });
    Object.defineProperty(response, 'body', { value: undefined });
    expect(
      await read(
        fetchTransport(async () => response),
        'http://a',
      ),
    ).toBe('all of it');
  });
});
