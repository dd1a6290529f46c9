import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { completedBody, failedBody, result, runningBody } from '../../test/answers.js';
import { jobSchema, type JobState } from '../model/job-schema.js';
import { song } from './song.js';
import { WhisulError } from '../model/whisul-error.js';

const read = (body: object) => jobSchema.parse({ ...body, job_id: 'a' });
const submitted: JobState = {
  status: 'submitted',
  job_id: 'a',
  prompt: 'a song',
  poll_url: '/jobs/a',
  submitted_at: '2026-02-17T15:39:34.000Z',
};
const states: Record<string, JobState> = {
  s: submitted,
  r: read(runningBody),
  c: read(completedBody),
  f: read(failedBody),
};

describe('song', () => {
  const run = (test: Parameters<TestScheduler['run']>[0]) =>
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(test);

  it('is the song when the job is completed, and nothing before', () => {
    run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('s-r--(c|)', states);
      expectObservable(source.pipe(song())).toBe('-----(x|)', { x: result });
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });

  it('a failed job is the error `job_failed`, and the source is left', () => {
    run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('s-r--f---', states);
      const message =
        'Job a failed: Generation failed due to an internal error. Submitting the prompt again is a new, paid job.';
      const error = new WhisulError('job_failed', message, { jobId: 'a', lastState: states['f'] });
      expectObservable(source.pipe(song())).toBe('-----#', {}, error);
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });

  it('passes an error on as it is, and unsubscribing', () => {
    run(({ cold, expectObservable, expectSubscriptions }) => {
      expectObservable(cold('s-#', states, 'why').pipe(song())).toBe('--#', {}, 'why');
      const source = cold('s-r--(c|)', states);
      expectObservable(source.pipe(song()), '^--!').toBe('----');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  it('takes many jobs in one stream, each with its song', () => {
    run(({ cold, expectObservable }) => {
      expectObservable(cold('sscr-c|', states).pipe(song())).toBe('--x--x|', { x: result });
    });
  });
});
