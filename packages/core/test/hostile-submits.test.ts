import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { completedBody } from './answers.js';
import { half, type HostileServer, hostileServer, json } from './hostile-server.js';
import { transports } from './transports.js';
import { rejection, statuses, watch } from './watch.js';

const eager: WhisulOptions = {
  apiKey: 'sk-0123456789',
  schedule: fixedSchedule(5),
  retry: { baseDelay: 5, maxDelay: 10, maxFailures: 4 },
};
const receipt = { message: 'Composition task received.', job_id: 'a', poll_url: '/jobs/a' };
const posts = (server: HostileServer) => server.calls.filter(({ method }) => method === 'POST').length;

/** Ways to lose the answer to a POST that may have been accepted. */
const lost: readonly (readonly [string, (response: ServerResponse) => void, WhisulOptions?])[] = [
  ['a reset', (response) => void response.socket?.resetAndDestroy()],
  ['a connection that ends', (response) => void response.socket?.end()],
  ['a reset in the body of the 202', (response) => half(response, 202, receipt, 'reset'), { requestTimeout: 1_000 }],
  ['a 202 that ends early', (response) => half(response, 202, receipt, 'close'), { requestTimeout: 1_000 }],
  ['a head that never comes', () => undefined, { requestTimeout: 1_000 }],
  ['a 202 whose body never ends', (response) => half(response, 202, receipt, 'hang'), { requestTimeout: 1_000 }],
  ['no HTTP at all', (response) => void response.socket?.end('hello\r\n\r\n')],
  ...[300, 301, 302, 303, 307, 308, 408, 500, 502, 503, 504].map((status) => {
    const answer = (response: ServerResponse) =>
      json(response, status, receipt, { location: '/api/generate', 'retry-after': '0' });
    return [`a ${status}`, answer] as const;
  }),
  ['an empty 202', (response) => void response.writeHead(202).end()],
  ['a 204', (response) => void response.writeHead(204).end()],
  ['an HTML 200', (response) => void response.writeHead(200).end('<html>')],
  ['truncated JSON', (response) => void response.writeHead(202).end(JSON.stringify(receipt).slice(0, -9))],
  ['a 202 without an id', (response) => json(response, 202, { message: 'Composition task received.' })],
  ['the id ".."', (response) => json(response, 202, { ...receipt, job_id: '..' })],
  ['a lone surrogate for an id', (response) => void response.writeHead(202).end('{"job_id":"\\ud800"}')],
];

describe.each(transports)('G2 over %s', (_, transport) => {
  for (const [name, lose, options] of lost)
    it(`${name}: one POST, and submit_unknown`, async () => {
      const server = await hostileServer(lose);
      const whisul = createWhisul({ ...eager, ...transport, baseUrl: server.url, ...options });
      const song$ = whisul.generate$('a song');
      const song = watch(song$);
      await song.ended;
      expect(song.error).toMatchObject({ code: 'submit_unknown', prompt: 'a song' });
      const again = watch(song$);
      await again.ended;
      expect(again.error.code).toBe('submit_unknown');
      expect(server.calls).toHaveLength(1);
    });

  it.each([400, 401, 403, 404, 409, 413, 422, 425])('a %i is definite: one POST', async (status) => {
    const server = await hostileServer((response) =>
      json(response, status, { error: 'Invalid input', message: 'No.' }),
    );
    const error = await rejection(createWhisul({ ...eager, ...transport, baseUrl: server.url }).submit('a song'));
    expect(error.code).not.toBe('submit_unknown');
    expect(error).toMatchObject({ status, prompt: 'a song' });
    expect(server.calls).toHaveLength(1);
  });

  it.each([undefined, '0', '0.05', 'soon', new Date(0).toUTCString()])(
    'a 429 (Retry-After %s) is sent again until it is accepted',
    async (retryAfter) => {
      const server = await hostileServer((response, { method }, index) => {
        if (method === 'GET') json(response, 200, completedBody);
        else if (index < 2) json(response, 429, {}, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
        else json(response, 202, receipt);
      });
      const song = watch(createWhisul({ ...eager, ...transport, baseUrl: server.url }).generate$('a song'));
      await song.ended;
      expect(statuses(song.values)).toEqual(['submitted', 'completed']);
      expect(posts(server)).toBe(3);
    },
  );

  it('a refused connection is tried again, and accepted once the server is up', async () => {
    const { port } = new URL((await freeUrl()).url);
    const retry = { baseDelay: 20, maxDelay: 40, maxFailures: 1_000 };
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: `http://127.0.0.1:${port}/api`, retry });
    const events = watch(whisul.events$);
    const song = watch(whisul.generate$('a song'));
    while (!events.values.some(({ type }) => type === 'retry')) await new Promise((resolve) => setTimeout(resolve, 5));
    const server = await hostileServer(
      (response, { method }) =>
        json(response, method === 'POST' ? 202 : 200, method === 'POST' ? receipt : completedBody),
      Number(port),
    );
    await song.ended;
    expect(statuses(song.values)).toEqual(['submitted', 'completed']);
    expect(posts(server)).toBe(1);
    expect(events.values.find(({ type }) => type === 'retry')).toMatchObject({ code: 'network', failures: 1 });
  });

  it('a refused connection and an unknown host are `network` in the end', async () => {
    const { url } = await freeUrl();
    for (const baseUrl of [url, 'http://no-such-host.invalid/api']) {
      const whisul = createWhisul({ ...eager, ...transport, baseUrl });
      const events = watch(whisul.events$);
      const error = await rejection(whisul.submit('a song'));
      expect(error).toMatchObject({ code: 'network', prompt: 'a song' });
      expect(events.values.filter(({ type }) => type === 'request')).toHaveLength(4);
    }
  });

  it('G4: the receipt of a POST that nobody waits for reaches events$', async () => {
    const server = await hostileServer((response) => setTimeout(() => json(response, 202, receipt), 100));
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: server.url });
    const received = new Promise((resolve) => {
      whisul.events$.subscribe((event) => {
        if (event.type === 'submitted') resolve(event.job.job_id);
      });
    });
    const song = watch(whisul.generate$('a song'));
    song.unsubscribe();
    await expect(received).resolves.toBe('a');
    expect(server.calls.map(({ method, gone }) => ({ method, gone }))).toEqual([{ method: 'POST', gone: false }]);
  });
});

/** A URL at which nothing listens. */
async function freeUrl(): Promise<{ url: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { url: `http://127.0.0.1:${address.port}/api` };
}
