import fc from 'fast-check';
import { filter, from, lastValueFrom, merge, of, Subject, throwError, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { collectBatch } from '../../test/collect-batch.js';
import { completed, failed, fakeEngine, submitted } from '../../test/fake-engine.js';
import type { JobState } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';
import { batchProgress, type BatchProgress } from './batch-progress.js';
import { batch$ } from './batch.js';
import type { BatchEvent } from './batch-event.js';
import { memoryJournal } from './memory-journal.js';

const state = (index: number, job: JobState, attempt = 1): BatchEvent => ({
  type: 'state',
  index,
  key: String(index),
  attempt,
  job,
});
const begin = (index: number, attempt?: number) => state(index, submitted('p'), attempt);
const end = (index: number, attempt?: number) => state(index, completed('p'), attempt);
const problem = (index: number): BatchEvent => ({
  type: 'problem',
  index,
  key: String(index),
  error: new WhisulError('network', 'no'),
});
const progressOf = (events: BatchEvent[], total?: number): Promise<BatchProgress[]> =>
  lastValueFrom(from(events).pipe(batchProgress({ total }), toArray()));

describe('batchProgress', () => {
  it('counts, and ends with nothing left', async () => {
    const events = [begin(0), begin(1), problem(2), end(0), state(1, failed('p'))];
    const progress = await progressOf(events, 3);
    expect(
      progress.map(({ submitted: jobs, running, completed: good, failed: bad, problems }) => [
        jobs,
        running,
        good,
        bad,
        problems,
      ]),
    ).toEqual([
      [1, 1, 0, 0, 0],
      [2, 2, 0, 0, 0],
      [2, 2, 0, 0, 1],
      [2, 1, 1, 0, 1],
      [2, 0, 1, 1, 1],
      [2, 0, 1, 1, 1],
    ]);
    expect(progress.at(-1)).toMatchObject({ total: 3, eta: 0 });
  });

  it('estimates from what jobs took and how many ran at a time', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ cold, expectObservable, flush }) => {
      const seen: [elapsed: number, eta: number | null][] = [];
      const values = { a: begin(0), b: begin(1), A: end(0), B: end(1), c: begin(2), d: begin(3), C: end(2), D: end(3) };
      const events$ = cold<BatchEvent>('(ab) 96ms (ABcd) 94ms C 99ms (D|)', values);
      const progress$ = events$.pipe(batchProgress({ total: 5 }));
      progress$.subscribe(({ elapsed, eta }) => seen.push([elapsed, eta]));
      expectObservable(progress$.pipe(filter(({ eta }) => eta !== null && eta < 0))).toBe('- 299ms |');
      flush();
      expect(seen).toEqual([
        [0, null],
        [0, null],
        // One took 100 ms: three more to come, two at a time, and one that is as old as the first was.
        [100, 155],
        [100, 150],
        [100, 150],
        [100, 150],
        [200, 55],
        [300, 125],
        [300, 0],
      ]);
    });
  });

  it('is null without a total, or while no job was seen to begin and to end', async () => {
    const etas = (await progressOf([begin(0), end(0), begin(1), end(1)])).map(({ eta, total }) => [total, eta]);
    expect(etas).toEqual([
      [null, null],
      [null, null],
      [null, null],
      [null, null],
      [null, 0],
    ]);
    expect((await progressOf([end(0), end(1)], 3)).map(({ eta }) => eta)).toEqual([null, null, 0]);
  });

  it('takes a failed job that is submitted again for unfinished', async () => {
    const events = [begin(0), state(0, failed('p')), begin(0, 2), end(0, 2), begin(1), problem(1)];
    const progress = await progressOf(events, 2);
    expect(progress.at(-1)).toMatchObject({ submitted: 3, running: 0, completed: 1, failed: 1, problems: 1 });
    expect(progress[3]?.eta).toBeGreaterThan(0);
    expect(progress.slice(1, -1).every(({ eta }) => eta === null || eta > 0)).toBe(true);
  });

  it('is never negative, never at its end before the end, and only grows: behind any operator', async () => {
    const anyEvent = fc
      .record({ index: fc.nat(4), attempt: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom(begin, end, problem) })
      .map(({ index, attempt, kind }) => kind(index, attempt));
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent), fc.option(fc.nat(6), { nil: undefined }), async (events, total) => {
        const progress = await progressOf(events, total);
        for (const [at, now] of progress.entries()) {
          const last = at === progress.length - 1;
          expect(last ? now.eta === 0 : now.eta === null || now.eta > 0).toBe(true);
          expect(now.running).toBeGreaterThanOrEqual(0);
          for (const count of ['submitted', 'completed', 'failed', 'problems', 'elapsed'] as const)
            expect(now[count]).toBeGreaterThanOrEqual(progress[at - 1]?.[count] ?? 0);
        }
      }),
    );
  });

  it('starts anew with each subscription, and passes errors on', async () => {
    const progress$ = merge(of(begin(0), end(0))).pipe(batchProgress());
    expect(await lastValueFrom(progress$)).toMatchObject({ submitted: 1 });
    expect(await lastValueFrom(progress$)).toMatchObject({ submitted: 1 });
    await expect(lastValueFrom(throwError(() => new Error('x')).pipe(batchProgress()))).rejects.toThrow('x');
    const source$ = new Subject<BatchEvent>();
    source$.pipe(batchProgress()).subscribe().unsubscribe();
    expect(source$.observed).toBe(false);
    for (const total of [-1, NaN, Infinity])
      await expect(lastValueFrom(of(begin(0)).pipe(batchProgress({ total })))).rejects.toMatchObject({
        code: 'invalid_request',
      });
    // @ts-expect-error -- what a caller in JavaScript may hand in
    await expect(lastValueFrom(of(begin(0)).pipe(batchProgress(null)))).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('counts the items of a batch that goes on from its journal', async () => {
    const journal = memoryJournal();
    const prompts = ['a', 'b', 'c'];
    await collectBatch(batch$(fakeEngine(), prompts.slice(0, 2), { journal }));
    const progress = await lastValueFrom(batch$(fakeEngine(), prompts, { journal }).pipe(batchProgress({ total: 3 })));
    expect(progress).toMatchObject({ submitted: 3, running: 0, completed: 3, eta: 0 });
  });
});
