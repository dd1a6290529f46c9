import { createServer, type Server } from 'node:http';
import type { JobState } from '@whisul-rx/core';
import { createSseSource } from '@whisul-rx/sse/client';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { expect, it, onTestFinished, vi } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';

const patient = { timeout: 40_000, interval: 20 };
const clients = 200;
const ids = Array.from({ length: clients }, (_, index) => `j${String(index)}`);

/** A gateway that can go away and come back on its port, and when it was asked. */
function gateway(engine: FakeEngine) {
  let port = 0;
  const asked: number[] = [];
  let server: Server | undefined;
  let handler = createNodeJobsHandler(engine, { authorize: 'public' });
  return {
    asked,
    url: () => `http://127.0.0.1:${String(port)}/jobs`,
    async start() {
      handler = createNodeJobsHandler(engine, { authorize: 'public' });
      const next = createServer((request, response) => {
        asked.push(Date.now());
        handler(request, response);
      });
      server = next;
      await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
      const address = next.address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
    },
    async stop() {
      await handler.close();
      await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    },
  };
}

it('a server that restarts under 200 clients loses none of them, and they do not all come back at once', async () => {
  const engine = new FakeEngine();
  for (const id of ids) engine.job(id).next(running(id));
  const server = gateway(engine);
  await server.start();
  const seen = ids.map((): (JobState['status'] | 'end' | 'error')[] => []);
  const sources = ids.map(() => createSseSource({ url: server.url() }));
  onTestFinished(async () => {
    for (const source of sources) source.close();
    await server.stop();
  });
  for (const [index, source] of sources.entries()) {
    source.job$(ids[index] ?? '').subscribe({
      next: ({ status }) => seen[index]?.push(status),
      error: () => seen[index]?.push('error'),
      complete: () => seen[index]?.push('end'),
    });
  }
  await vi.waitUntil(() => seen.every((states) => states.length === 1), patient);

  await server.stop();
  server.asked.length = 0;
  // What happens while the server is away is told when it is back.
  for (const id of ids.slice(0, 100)) engine.job(id).next(completed(id));
  await server.start();
  await vi.waitUntil(() => server.asked.length >= clients, patient);
  for (const id of ids.slice(100)) engine.job(id).next(completed(id));
  await vi.waitUntil(() => seen.every((states) => states.length === 3), patient);

  expect(new Set(seen.map((states) => states.join(' ')))).toEqual(new Set(['running completed end']));
  // The server asked each of them to come back after 1 to 5 s.
  const order = server.asked.slice(0, clients).sort((a, b) => a - b);
  const [early = 0, late = 0] = [order[20], order[180]];
  expect(late - early).toBeGreaterThan(500);
  // Nobody holds on to anything: the connections are idle, and no job is followed.
  expect(engine.live).toBe(0);
}, 90_000);
