import { of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { completedBody, failedBody, runningBody } from '../../test/answers.js';
import { watch } from '../../test/watch.js';
import { type Job, jobSchema } from '../model/job-schema.js';
import { throwIfFailed } from './throw-if-failed.js';

const read = (body: object) => jobSchema.parse({ ...body, job_id: 'a' });
const states: Record<string, Job> = { r: read(runningBody), c: read(completedBody), f: read(failedBody) };

describe('throwIfFailed', () => {
  it('passes every other state, the very same object, and the end', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ cold, expectObservable }) => {
      expectObservable(cold('r-r-(c|)', states).pipe(throwIfFailed())).toBe('r-r-(c|)', states);
    });
    const completed = read(completedBody);
    expect(watch(of(completed).pipe(throwIfFailed())).values[0]).toBe(completed);
  });

  it('makes a failed job an error that carries it, with the reason', () => {
    const job = read(failedBody);
    const seen = watch(of(read(runningBody), job, read(runningBody)).pipe(throwIfFailed()));
    expect(seen.values).toHaveLength(1);
    expect(seen.error).toMatchObject({ code: 'job_failed', jobId: 'a', lastState: job });
    expect(seen.error.message).toContain('Generation failed due to an internal error.');
  });

  it('passes an error on as it is', () => {
    const error = new Error('why');
    expect(watch(throwError(() => error).pipe(throwIfFailed())).errors).toEqual([error]);
  });
});
