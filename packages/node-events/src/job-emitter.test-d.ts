import type { CompletedJob, FailedJob, JobState, RunningJob, SubmittedJob, WhisulError } from '@whisul-rx/core';
import { fromEmitter, toEmitter, type JobEmitter, type JobEmitterLike, type JobEvents } from '@whisul-rx/node-events';
import type { EventEmitter } from 'node:events';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

declare const source$: Observable<JobState>;
declare const emitter: JobEmitter;

test('listeners know what they get', () => {
  expectTypeOf(toEmitter(source$)).toEqualTypeOf<JobEmitter>();
  emitter.on('state', (...args) => {
    expectTypeOf(args).toEqualTypeOf<[state: JobState]>();
  });
  emitter.once('submitted', (job) => {
    expectTypeOf(job).toEqualTypeOf<SubmittedJob>();
  });
  emitter.addListener('running', (job) => {
    expectTypeOf(job).toEqualTypeOf<RunningJob>();
  });
  emitter.prependListener('completed', (job) => {
    expectTypeOf(job).toEqualTypeOf<CompletedJob>();
  });
  emitter.prependOnceListener('failed', (job) => {
    expectTypeOf(job).toEqualTypeOf<FailedJob>();
  });
  emitter.on('error', (error) => {
    expectTypeOf(error).toEqualTypeOf<WhisulError>();
  });
  emitter.on('close', (...args) => {
    expectTypeOf(args).toEqualTypeOf<[]>();
  });
});

test('every status has its event, with the state of that status', () => {
  expectTypeOf<JobState['status']>().toExtend<keyof JobEvents>();
  expectTypeOf<JobEvents[JobState['status']][0]>().toEqualTypeOf<JobState>();
});

test('what there is beside the events', () => {
  expectTypeOf(emitter.state).toEqualTypeOf<JobState | undefined>();
  expectTypeOf(emitter.closed).toEqualTypeOf<boolean>();
  expectTypeOf(emitter).toExtend<EventEmitter>();
  expectTypeOf(emitter).toExtend<Disposable>();
  expectTypeOf(emitter).toExtend<JobEmitterLike>();
  expectTypeOf(fromEmitter(emitter)).toEqualTypeOf<Observable<JobState>>();
});
