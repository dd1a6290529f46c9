import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { expect, it, vi } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';
import { heldMemory } from '../held-memory.js';
import { listen } from '../listen.js';
import { RawClient } from '../raw-client.js';

const patient = { timeout: 20_000, interval: 20 };

async function serve() {
  const engine = new FakeEngine();
  const handler = createNodeJobsHandler(engine, { authorize: 'public' });
  return { engine, handler, ...(await listen(handler)) };
}

async function openClients(port: number, count: number, path: (index: number) => string): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, (_, index) => new RawClient(port, path(index)));
  await vi.waitUntil(() => clients.every(({ text }) => text.includes(':running')), patient);
  return clients;
}

it('is back at the baseline after 500 clients have vanished in the middle, each in its own way', async () => {
  const { engine, port, server } = await serve();
  for (let job = 0; job < 10; job += 1) engine.job(`j${String(job)}`).next(running(`j${String(job)}`));
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const clients = await openClients(port, 500, (index) =>
    index % 2 === 0 ? `/jobs/j${String(index % 10)}` : '/jobs?job=j1&job=j2&job=j3',
  );
  expect(engine.live).toBeGreaterThan(0);
  for (const [index, { socket }] of clients.entries()) {
    if (index % 3 === 0) socket.destroy();
    else if (index % 3 === 1) socket.resetAndDestroy();
    else socket.end(); // half open: it still could read
    // The server goes on writing while they leave.
    if (index % 50 === 0) engine.job('j1').next(running('j1', { index }));
  }
  for (const { socket } of clients) if (!socket.destroyed) socket.destroy();
  await vi.waitUntil(() => engine.live === 0, patient);
  await vi.waitUntil(
    () => new Promise((resolve) => server.getConnections((_, count) => resolve(count === 0))),
    patient,
  );
  await vi.waitUntil(
    () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length <= before,
    patient,
  );
}, 60_000);

it('keeps one waiting state a job for a reader that stalls, and disturbs nobody else', async () => {
  const { engine, port } = await serve();
  engine.job('a').next(running('a'));
  const [stalled, reading] = await openClients(port, 2, () => '/jobs?job=a&job=b');
  if (stalled === undefined || reading === undefined) throw new Error('There are two.');
  stalled.socket.pause();
  const padding = 'x'.repeat(50_000);
  // A minute of updates, ten a second, each large: 30 MB for each job, more than any socket holds.
  for (let update = 1; update <= 600; update += 1) {
    engine.job('a').next(running('a', { update, padding }));
    engine.job('b').next(running('b', { update, padding }));
    if (update % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  engine.job('a').next(completed('a'));
  await vi.waitUntil(() => reading.text.includes('a:completed'), patient);
  expect(stalled.text).not.toContain('a:completed');
  stalled.socket.resume();
  await vi.waitUntil(() => stalled.text.includes('a:completed'), patient);
  await vi.waitUntil(() => stalled.text.includes('"update":600'), patient);
  expect(stalled.count('id: ')).toBeLessThan(1_000);
  engine.job('b').next(completed('b'));
  await Promise.all([stalled.closed, reading.closed]);
  for (const { text } of [stalled, reading]) expect(text).toMatch(/event: end\nid: end\ndata: \{\}\n\n$/);
}, 60_000);

it('holds no memory for what a stalled reader has missed', async () => {
  const { engine, port } = await serve();
  engine.job('a').next(running('a'));
  const [stalled] = await openClients(port, 1, () => '/jobs/a');
  stalled?.socket.pause();
  const padding = 'x'.repeat(100_000);
  const push = (from: number, to: number): void => {
    for (let update = from; update < to; update += 1) engine.job('a').next(running('a', { update, padding }));
  };
  push(0, 200);
  const before = heldMemory();
  push(200, 2_200); // 200 MB
  await new Promise((resolve) => setImmediate(resolve));
  expect(heldMemory() - before).toBeLessThan(20_000_000);
  push(2_200, 2_201);
  stalled?.socket.resume();
  await vi.waitUntil(() => stalled?.text.includes('"update":2200'), patient);
}, 60_000);

it('closes 500 open streams in less than a second, stalled and idle ones too, and server.close() finishes', async () => {
  const { engine, handler, port, server } = await serve();
  engine.job('a').next(running('a'));
  engine.job('large').next(running('large'));
  const clients = await openClients(port, 500, (index) => (index < 20 ? '/jobs/large' : '/jobs/a'));
  for (const { socket } of clients.slice(0, 20)) socket.pause();
  const padding = 'x'.repeat(1_000_000);
  for (let update = 0; update < 20; update += 1) {
    engine.job('large').next(running('large', { update, padding }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const serverClosed = new Promise((resolve) => server.close(resolve));
  const start = performance.now();
  await handler.close();
  const took = performance.now() - start;
  await serverClosed;
  expect(engine.live).toBe(0);
  // 0.3 s of grace for those that stall; the rest is for a busy machine.
  expect(took).toBeLessThan(3_000);
  for (const { socket } of clients) socket.resume();
  await Promise.all(clients.map(({ closed }) => closed));
  const waits = clients.slice(20).map(({ text }) => Number(/retry: (\d+)\n$/.exec(text)?.[1]));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
  expect(new Set(waits).size).toBeGreaterThan(100);
}, 60_000);
