import { isWhisulError, type JobEngine, type JobState } from '@whisul-rx/core';
import { EMPTY, NEVER, Subject, type Observable } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { busyClient } from '../../../test/ask-handler.js';
import { completed, running, submitted } from '../../../test/fake-engine.js';
import { submittedJob$ } from './submit-job.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function submit(isNotBegun: () => boolean, closing$: Observable<unknown> = NEVER) {
  const states$ = new Subject<JobState>();
  const heard: unknown[] = [];
  const engine: JobEngine = { job$: () => NEVER, generate$: () => states$ };
  const subscription = submittedJob$(engine, 'rain', closing$, isNotBegun).subscribe({
    next: ({ status }) => heard.push(status),
    error: (error: unknown) => heard.push(error),
    complete: () => heard.push('complete'),
  });
  return { states$, heard, subscription };
}

it('withdraws a submit that has not begun after 10 s', () => {
  const { states$, heard } = submit(() => true);
  vi.advanceTimersByTime(9_999);
  expect(heard).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(heard).toHaveLength(1);
  expect(isWhisulError(heard[0], 'rate_limited') && heard[0].retryAfter).toBeGreaterThanOrEqual(5_000);
  expect(states$.observed).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

it('waits for one that has begun, however long it takes', () => {
  const { states$, heard } = submit(() => false);
  vi.advanceTimersByTime(60_000);
  states$.next(submitted('a'));
  expect(heard).toEqual(['submitted']);
  expect(vi.getTimerCount()).toBe(0);
});

it('withdraws it when it was refused and waits again', () => {
  let notBegun = false;
  const { heard } = submit(() => notBegun);
  vi.advanceTimersByTime(15_000);
  notBegun = true;
  vi.advanceTimersByTime(250);
  expect(isWhisulError(heard[0], 'rate_limited')).toBe(true);
});

it('withdraws it at once when the server goes away', () => {
  let notBegun = true;
  const closing$ = new Subject();
  const unsent = submit(() => notBegun, closing$);
  closing$.next(true);
  expect(isWhisulError(unsent.heard[0], 'rate_limited')).toBe(true);
  notBegun = false;
  const sent = submit(() => notBegun, closing$);
  closing$.next(true);
  vi.advanceTimersByTime(5_000);
  expect(sent.heard).toEqual([]);
  notBegun = true; // the API refused it, so it waits again
  vi.advanceTimersByTime(250);
  expect(isWhisulError(sent.heard[0], 'rate_limited')).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('never withdraws a job that has an id, and completes with its terminal state', () => {
  const { states$, heard } = submit(() => true);
  for (const state of [submitted('a'), running('a')]) states$.next(state);
  vi.advanceTimersByTime(60_000);
  states$.next(completed('a'));
  expect(heard).toEqual(['submitted', 'running', 'completed', 'complete']);
  expect(states$.observed).toBe(false);
});

it('errors when the engine throws or ends without a job', () => {
  const heard: unknown[] = [];
  const observer = { error: (error: unknown) => heard.push(error) };
  submittedJob$({ job$: () => NEVER, generate$: () => EMPTY }, 'rain', NEVER).subscribe(observer);
  const broken: JobEngine = {
    job$: () => NEVER,
    generate$: () => {
      throw new Error('broken');
    },
  };
  submittedJob$(broken, 'rain', NEVER).subscribe(observer);
  // @ts-expect-error -- what engines without types can do
  submittedJob$({ job$: () => NEVER, generate$: () => undefined }, 'rain', NEVER).subscribe(observer);
  expect(heard).toHaveLength(3);
});

it('errors when the engine ends before the job does', () => {
  const { states$, heard } = submit(() => false);
  states$.next(submitted('a'));
  states$.complete();
  expect(heard).toEqual(['submitted', expect.any(Error)]);
});

it('withdraws what a client of the API holds back at its gate, and nothing is sent later', async () => {
  const { whisul, requests } = busyClient();
  const heard: unknown[] = [];
  submittedJob$(whisul, 'rain', NEVER).subscribe({ error: (error: unknown) => heard.push(error) });
  await vi.advanceTimersByTimeAsync(9_000);
  expect([requests(), heard]).toEqual([1, []]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(heard).toEqual([expect.objectContaining({ code: 'rate_limited' })]);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(requests()).toBe(1);
  whisul.close();
});
