import { getEventListeners } from 'node:events';
import type { JobState } from '@whisul-rx/core';
import { pipeToSse } from '@whisul-rx/sse/node';
import type { SseOptions } from '@whisul-rx/sse/server';
import { from, NEVER, Subject, type Observable, type Subscription } from 'rxjs';
import { expect, it } from 'vitest';
import { completed, running, submitted } from '../../test/fake-engine.js';
import { listen } from '../../test/listen.js';
import { eventsOf, StreamReader } from '../../test/read-stream.js';
import { until } from '../../test/until.js';

async function serve(source$: Observable<JobState>, options?: SseOptions) {
  const pipes: Subscription[] = [];
  const { url } = await listen((req, res) => {
    pipes.push(pipeToSse(source$, req, res, options));
  });
  return { url, pipes };
}

it('carries every state, then the end', async () => {
  const { url, pipes } = await serve(from([submitted('a'), running('a'), completed('a')]));
  expect(await eventsOf(await fetch(url))).toEqual(['a:submitted', 'a:running', 'a:completed', 'end']);
  await until(() => pipes[0]?.closed);
});

it('unsubscribes the source when the client leaves', async () => {
  const source$ = new Subject<JobState>();
  const { url, pipes } = await serve(source$);
  const reader = new StreamReader(await fetch(url));
  await reader.next();
  expect(source$.observed).toBe(true);
  await reader.cancel();
  await until(() => !source$.observed);
  await until(() => pipes[0]?.closed);
});

it('ends the response when it is unsubscribed', async () => {
  const source$ = new Subject<JobState>();
  const { url, pipes } = await serve(source$);
  const reader = new StreamReader(await fetch(url));
  await reader.next();
  pipes[0]?.unsubscribe();
  expect(source$.observed).toBe(false);
  expect((await reader.rest()).at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
});

it('ends the response when the signal aborts', async () => {
  const source$ = new Subject<JobState>();
  const shutdown = new AbortController();
  const { url } = await serve(source$, { signal: shutdown.signal });
  const reader = new StreamReader(await fetch(url));
  await reader.next();
  shutdown.abort();
  expect((await reader.rest()).at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
  expect(source$.observed).toBe(false);
  expect(await (await fetch(url)).text()).toMatch(/^retry: \d+\n$/);
});

it('has one listener on a signal, however many streams it ends, and none afterwards', async () => {
  const { signal } = new AbortController();
  const { url, pipes } = await serve(NEVER, { signal });
  const readers = await Promise.all(Array.from({ length: 11 }, async () => new StreamReader(await fetch(url))));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const pipe of pipes) pipe.unsubscribe();
  await Promise.all(readers.map((reader) => reader.rest()));
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('does not subscribe for HEAD and for a client that saw the end', async () => {
  const source$ = new Subject<JobState>();
  const { url } = await serve(source$);
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(url, { headers: { 'last-event-id': 'end' } })).status).toBe(204);
  expect((await fetch(`${url}/?a=b&lastEventId=end`)).status).toBe(204);
  expect(source$.observed).toBe(false);
});

it('ignores Last-Event-ID when it is told to', async () => {
  const { url } = await serve(from([completed('a')]), { lastEventId: null });
  expect((await eventsOf(await fetch(url, { headers: { 'last-event-id': 'end' } }))).at(-1)).toBe('end');
});
