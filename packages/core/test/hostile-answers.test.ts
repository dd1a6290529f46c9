import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { completedBody, runningBody } from './answers.js';
import { half, hostileServer, json } from './hostile-server.js';
import { transports } from './transports.js';
import { statuses, watch } from './watch.js';

const eager: WhisulOptions = {
  apiKey: 'sk-0123456789',
  schedule: fixedSchedule(5),
  retry: { baseDelay: 5, maxDelay: 10 },
};
const text = (response: ServerResponse, status: number, body: string, type = 'text/html') =>
  void response.writeHead(status, { 'content-type': type }).end(body);

/** Ways to spoil one answer to a poll. */
const spoilt: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['a reset before the head', (response) => void response.socket?.resetAndDestroy()],
  ['a connection that ends before the head', (response) => void response.socket?.end()],
  ['a reset in the body', (response) => half(response, 200, completedBody, 'reset')],
  ['a body that ends early', (response) => half(response, 200, completedBody, 'close')],
  ['a head that never comes', () => undefined],
  ['a body that never ends', (response) => half(response, 200, completedBody, 'hang')],
  ['a 502 with HTML', (response) => text(response, 502, '<html>Bad gateway</html>')],
  ['a 200 with HTML', (response) => text(response, 200, '<html>Log in</html>')],
  ['a 200 with nothing', (response) => text(response, 200, '', 'application/json')],
  ['a 204', (response) => void response.writeHead(204).end()],
  ['truncated JSON', (response) => text(response, 200, JSON.stringify(completedBody).slice(0, -20))],
  ['a 500 whose body never ends', (response) => half(response, 500, completedBody, 'hang')],
  ['a 503 whose body breaks off', (response) => half(response, 503, completedBody, 'reset')],
  ['no HTTP at all', (response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n\r\n')],
  [
    'a broken chunk',
    (response) => void response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{"status"'),
  ],
  ['8 MB of noise', (response) => text(response, 200, 'x'.repeat(8 * 2 ** 20))],
];

describe.each(transports)('over %s', (_, transport) => {
  it.each(spoilt)('J7: after %s the loop goes on', async (_name, spoil) => {
    const server = await hostileServer((response, _seen, index) => {
      if (index === 1) spoil(response);
      else json(response, 200, index === 0 ? runningBody : completedBody);
    });
    const job = watch(createWhisul({ ...eager, ...transport, baseUrl: server.url, requestTimeout: 1_000 }).job$('a'));
    await job.ended;
    expect(job.errors).toEqual([]);
    expect(statuses(job.values).at(-1)).toBe('completed');
    expect(job.values.at(-1)).toMatchObject({ result: { title: 'Midnight Drizzle', duration: 183 } });
    expect(server.calls.length).toBeGreaterThanOrEqual(3);
  });

  it.each([301, 302, 303, 307, 308])('J14: a %i to another origin is not followed', async (status) => {
    const other = await hostileServer((response) => json(response, 200, completedBody));
    const server = await hostileServer(
      (response) => void response.writeHead(status, { location: `${other.url}/jobs/a` }).end(),
    );
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: server.url });
    const job = watch(whisul.job$('a'));
    await job.ended;
    expect(job.error).toMatchObject({ code: 'invalid_response', jobId: 'a', status });
    const song = watch(whisul.generate$('a song'));
    await song.ended;
    expect(song.error.code).toBe('submit_unknown');
    expect(other.calls).toEqual([]);
    expect(server.calls.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('sends what Whisul asks for', async () => {
    const server = await hostileServer((response, { method }) =>
      method === 'POST'
        ? json(response, 202, { job_id: 'a', poll_url: '/jobs/a' })
        : json(response, 200, completedBody),
    );
    const job = watch(
      createWhisul({ ...eager, ...transport, baseUrl: server.url }).generate$('ein Lied über "Zähne" \u{1f600}'),
    );
    await job.ended;
    expect(statuses(job.values)).toEqual(['submitted', 'completed']);
    const [post, get] = server.calls;
    expect(post).toMatchObject({
      method: 'POST',
      path: '/api/generate',
      headers: { authorization: 'Bearer sk-0123456789' },
    });
    expect(post?.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(post?.body ?? '')).toEqual({ prompt: 'ein Lied über "Zähne" \u{1f600}' });
    expect(get).toMatchObject({
      method: 'GET',
      path: '/api/jobs/a',
      body: '',
      headers: { authorization: 'Bearer sk-0123456789' },
    });
  });

  it('J3: unsubscribing closes the request that hangs', async () => {
    const server = await hostileServer((response, _seen, index) =>
      index === 0 ? json(response, 200, runningBody) : undefined,
    );
    const job = watch(createWhisul({ ...eager, ...transport, baseUrl: server.url }).job$('a'));
    await vi.waitFor(() => expect(server.calls).toHaveLength(2), 20_000);
    job.unsubscribe();
    await vi.waitFor(() => expect(server.calls[1]?.gone).toBe(true), 20_000);
  });

  it('J8: Retry-After holds on the wire', async () => {
    const at: number[] = [];
    const server = await hostileServer((response, _seen, index) => {
      at.push(performance.now());
      if (index === 0) json(response, 429, {}, { 'retry-after': '0.4' });
      else json(response, 200, completedBody);
    });
    const job = watch(createWhisul({ ...eager, ...transport, baseUrl: server.url }).job$('a'));
    await job.ended;
    expect(statuses(job.values)).toEqual(['completed']);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(399);
  });

  it('J10: 50 jobs on one budget, over a server that closes every connection', async () => {
    const polls = new Map<string, number>();
    let underWay = 0;
    let busiest = 0;
    const server = await hostileServer((response, { path }) => {
      busiest = Math.max(busiest, (underWay += 1));
      const count = (polls.get(path) ?? 0) + 1;
      polls.set(path, count);
      setTimeout(() => {
        underWay -= 1;
        json(response, 200, count < 3 ? runningBody : completedBody, { connection: 'close' });
      }, 2);
    });
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: server.url, budget: { maxInFlight: 5 } });
    const jobs = Array.from({ length: 50 }, (_v, i) => watch(whisul.job$(`job-${i}`)));
    await Promise.all(jobs.map(({ ended }) => ended));
    for (const job of jobs) expect(statuses(job.values)).toEqual(['running', 'completed']);
    expect([server.calls.length, busiest <= 5]).toEqual([150, true]);
  });

  it('J4, J6: a storm of subscribers is one loop and leaves nothing behind', async () => {
    const server = await hostileServer((response) => json(response, 200, runningBody));
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: server.url, schedule: fixedSchedule(60_000) });
    const steady = watch(whisul.job$('a'));
    for (let i = 0; i < 500; i += 1) {
      const jobs = [watch(whisul.job$('a')), watch(whisul.job$('/jobs/a'))];
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      jobs.forEach((job) => job.unsubscribe());
    }
    await vi.waitFor(() => expect(statuses(steady.values)).toEqual(['running']), 20_000);
    expect(server.calls).toHaveLength(1);
    steady.unsubscribe();
  });
});
