import { type JobState } from '@whisul-rx/core';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { createJobsHandler, toSseResponse } from '@whisul-rx/sse/server';
import { Subject } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';
import { heldMemory } from '../held-memory.js';
import { listen } from '../listen.js';
import { RawClient } from '../raw-client.js';
import { eventsOf, StreamReader } from '../read-stream.js';

// Only the clock of the heartbeats: sockets and readers go on by themselves.
const fakeHeartbeats = { toFake: ['setInterval', 'clearInterval'] } satisfies Parameters<typeof vi.useFakeTimers>[0];
const minute = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

it.each([true, false])(
  'A4: takes a Node connection away that has taken nothing for a minute; ended: %s',
  async (end) => {
    vi.useFakeTimers(fakeHeartbeats);
    const engine = new FakeEngine();
    const handler = createNodeJobsHandler(engine, { authorize: 'public', maxConnections: 2 });
    const { port } = await listen(handler);
    engine.job('large').next(running('large'));
    engine.job('small').next(running('small'));
    const stalled = new RawClient(port, '/jobs/large');
    const reading = new RawClient(port, '/jobs/small');
    await vi.waitUntil(() => [stalled, reading].every(({ text }) => text.includes(':running')), 20_000);
    stalled.socket.pause();
    const padding = 'x'.repeat(1_000_000);
    for (let update = 0; update < 20; update += 1) {
      engine.job('large').next(running('large', { update, padding }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (end) engine.job('large').next(completed('large'));
    vi.advanceTimersByTime(minute - 2_000);
    const full = new RawClient(port, '/jobs/small');
    await vi.waitUntil(() => full.text.includes('retry: '), 20_000);
    expect(full.text).not.toContain('small:running');
    full.socket.destroy();
    vi.advanceTimersByTime(4_000);
    expect(engine.live).toBe(1);
    stalled.socket.resume();
    await stalled.closed;
    expect(stalled.text).not.toContain('event: end');
    // Its place is free, and a client that reads has lost nothing.
    const next = new RawClient(port, '/jobs/small');
    await vi.waitUntil(() => next.text.includes('small:running'), 20_000);
    engine.job('small').next(completed('small'));
    await Promise.all([reading.closed, next.closed]);
    for (const { text } of [reading, next]) expect(text).toMatch(/small:completed[^]*event: end/);
  },
);

it('A4: lets go of the source of a web response that nobody has read for a minute', async () => {
  vi.useFakeTimers(fakeHeartbeats);
  const source$ = new Subject<JobState>();
  const unread = toSseResponse(source$);
  source$.next(running('a'));
  vi.advanceTimersByTime(minute - 2_000);
  source$.next(running('a', { later: true }));
  expect(source$.observed).toBe(true);
  vi.advanceTimersByTime(4_000);
  expect(source$.observed).toBe(false);
  // A reader that comes after all is told to come back.
  const parts = await new StreamReader(unread).rest();
  expect(parts.map(({ id }) => id).filter(Boolean)).toEqual(['a:running']);
  expect(parts.at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
});

it('A4: frees the place of a web reader that has taken nothing for a minute, and keeps one that reads', async () => {
  vi.useFakeTimers(fakeHeartbeats);
  const engine = new FakeEngine();
  const handler = createJobsHandler(engine, { authorize: 'public', maxConnections: 2 });
  const open = async () => {
    const request = new Request('http://app.example/jobs/a', { headers: { accept: 'text/event-stream' } });
    return new StreamReader(await handler(request));
  };
  engine.job('a').next(running('a'));
  const [stalled, reading] = [await open(), await open()];
  await Promise.all([stalled.event(), reading.event()]);
  for (let second = 0; second < 80; second += 8) {
    const beat = reading.next();
    vi.advanceTimersByTime(10_000);
    expect((await beat)?.comment).toBe('');
    // A reader that asked is quick until the end of the turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await (await open()).event())?.id).toBe('a:running');
  engine.job('a').next(completed('a'));
  expect((await reading.event())?.id).toBe('a:completed');
  expect((await stalled.rest()).map(({ event, id }) => event ?? id).filter(Boolean)).toEqual([]);
});

it('A3: holds one frame of each transition for a web response that is not read yet', async () => {
  const engine = new FakeEngine();
  const handler = createJobsHandler(engine, { authorize: 'public' });
  engine.job('a').next(running('a'));
  const request = new Request('http://app.example/jobs/a', { headers: { accept: 'text/event-stream' } });
  const response = await handler(request);
  const padding = 'x'.repeat(100_000);
  const before = heldMemory();
  for (let update = 1; update <= 500; update += 1) engine.job('a').next(running('a', { update, padding }));
  expect(heldMemory() - before).toBeLessThan(10_000_000);
  engine.job('a').next(completed('a'));
  expect(await eventsOf(response)).toEqual(['a:running', 'a:completed', 'end']);
});
