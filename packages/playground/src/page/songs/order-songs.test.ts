import { type JobEngine, WhisulError } from '@whisul-rx/core';
import { lastValueFrom, NEVER, of, throwError, toArray, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import type { Change } from './change.js';
import { orderSongs$ } from './order-songs.js';

const orders = ['a', 'b', 'c'].map((key) => ({ key, prompt: key }));
const problems = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.type === 'problem' ? [`${change.key}: ${change.problem}`] : []));

it('an order that is refused as a whole ends each of its songs, and not the page', async () => {
  const engine: JobEngine = {
    job$: () => NEVER,
    generate$: () => throwError(() => new WhisulError('unauthorized', 'no')),
  };
  const changes = await lastValueFrom(orderSongs$(engine, orders, { atOnce: 1, reach$: of(true) }).pipe(toArray()));
  expect(problems(changes)).toEqual([
    expect.stringMatching(/^a: The order was refused\./),
    expect.stringMatching(/^b: .* This prompt was not sent\.$/),
    expect.stringMatching(/^c: .* This prompt was not sent\.$/),
  ]);
  expect(changes.at(-1)).toMatchObject({ type: 'progress', progress: null });
});

it('a server that does not answer is not waited for without end: nothing is sent', () => {
  const scheduler = new VirtualTimeScheduler();
  const sent: unknown[] = [];
  const engine: JobEngine = { job$: () => NEVER, generate$: (request) => (sent.push(request), NEVER) };
  const changes: Change[] = [];
  orderSongs$(engine, orders, { atOnce: 1, reach$: NEVER, scheduler }).subscribe((change) => changes.push(change));
  scheduler.flush();
  expect(problems(changes)).toHaveLength(3);
  expect(sent).toEqual([]);
});
