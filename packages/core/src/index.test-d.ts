import { type Observable, of } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import {
  adaptiveSchedule,
  type CompletedJob,
  createWhisul,
  type FailedJob,
  isTerminal,
  isWhisulError,
  type Job,
  type JobEngine,
  type JobSource,
  type JobState,
  pollUntil,
  type RunningJob,
  type Song,
  song,
  type SubmittedJob,
  throwIfFailed,
  toAsyncIterable,
  type Whisul,
  type WhisulErrorCode,
} from './index.js';

declare const whisul: Whisul;
declare const state: JobState;
declare const job: Job;
declare const error: unknown;

test('job$ and generate$ give states, and the status tells them apart', () => {
  expectTypeOf(createWhisul()).toEqualTypeOf<Whisul>();
  expectTypeOf(whisul).toExtend<JobEngine>();
  expectTypeOf(whisul).toExtend<JobSource>();
  expectTypeOf(whisul.job$('a')).toEqualTypeOf<Observable<JobState>>();
  expectTypeOf(whisul.generate$({ prompt: 'a song' })).toEqualTypeOf<Observable<JobState>>();
  expectTypeOf(whisul.generate('a song')).toEqualTypeOf<Promise<CompletedJob>>();
  expectTypeOf(whisul.submit('a song')).toEqualTypeOf<Promise<SubmittedJob>>();
  expectTypeOf(whisul.getJob({ job_id: 'a' })).toEqualTypeOf<Promise<Job>>();

  whisul.job$('a').subscribe((job) => {
    expectTypeOf(job.status).toEqualTypeOf<'submitted' | 'running' | 'completed' | 'failed'>();
    switch (job.status) {
      case 'submitted':
        expectTypeOf(job).toEqualTypeOf<SubmittedJob>();
        break;
      case 'running':
        expectTypeOf(job).toEqualTypeOf<RunningJob>();
        expectTypeOf(job.result).toEqualTypeOf<null>();
        break;
      case 'completed':
        expectTypeOf(job).toEqualTypeOf<CompletedJob>();
        expectTypeOf(job.result).toEqualTypeOf<Song>();
        expectTypeOf(job.result.duration).toEqualTypeOf<number>();
        expectTypeOf(job.error).toEqualTypeOf<null>();
        break;
      case 'failed':
        expectTypeOf(job).toEqualTypeOf<FailedJob>();
        expectTypeOf(job.error).toEqualTypeOf<string>();
        break;
      default:
        job satisfies never;
    }
  });
});

test('a receipt is a job reference, and any state is one', () => {
  expectTypeOf(whisul.job$).toBeCallableWith(state);
  expectTypeOf(whisul.job$).toBeCallableWith('/jobs/a');
  // @ts-expect-error -- a number is no id
  whisul.job$(7);
  // @ts-expect-error -- the prompt is missing
  whisul.generate$({});
});

test('a misspelt field does not compile', () => {
  // @ts-expect-error -- it is job_id
  expectTypeOf(job.jobId);
  // @ts-expect-error -- the same of any state
  expectTypeOf(state.jobId);
  if (job.status !== 'completed') return;
  const song = job.result;
  // @ts-expect-error -- it is song_url
  expectTypeOf(job.result.songUrl);
  // @ts-expect-error -- it is title
  expectTypeOf(song.tittle);
  // @ts-expect-error -- it is song_url, also where a song is made
  expectTypeOf<Song>().toExtend<{ songUrl: string }>();
});

test('throwIfFailed takes the failed job out, and keeps the rest', () => {
  expectTypeOf(of(job).pipe(throwIfFailed())).toEqualTypeOf<Observable<RunningJob | CompletedJob>>();
  expectTypeOf(whisul.generate$('a song').pipe(throwIfFailed())).toEqualTypeOf<
    Observable<SubmittedJob | RunningJob | CompletedJob>
  >();
});

test('song gives the song, from jobs and from states', () => {
  expectTypeOf(whisul.job$('a').pipe(song())).toEqualTypeOf<Observable<Song>>();
  expectTypeOf(whisul.generate$('a song').pipe(song())).toEqualTypeOf<Observable<Song>>();
});

test('toAsyncIterable keeps the type of the values', async () => {
  expectTypeOf(toAsyncIterable(whisul.job$('a'))).toEqualTypeOf<AsyncIterable<JobState>>();
  for await (const song of toAsyncIterable(of(7))) expectTypeOf(song).toEqualTypeOf<number>();
  // @ts-expect-error -- a promise is no stream
  toAsyncIterable(whisul.getJob('a'));
});

test('guards narrow', () => {
  if (isTerminal(state)) expectTypeOf(state).toEqualTypeOf<CompletedJob | FailedJob>();
  else expectTypeOf(state.status).toEqualTypeOf<'submitted' | 'running'>();
  if (isWhisulError(error)) {
    expectTypeOf(error.code).toEqualTypeOf<WhisulErrorCode>();
    expectTypeOf(error.lastState).toEqualTypeOf<JobState | undefined>();
  }
  // @ts-expect-error -- codes are a closed set
  isWhisulError(error, 'no_such_code');
});

test('pollUntil takes its type from what it loads', () => {
  const load = (signal: AbortSignal) => Promise.resolve({ done: signal.aborted });
  expectTypeOf(pollUntil(load, { isTerminal: ({ done }) => done })).toEqualTypeOf<Observable<{ done: boolean }>>();
  // @ts-expect-error -- without isTerminal it would never end
  pollUntil(load, {});
});

test('options are checked', () => {
  createWhisul({ apiKey: () => Promise.resolve('key'), retry: { maxFailures: 3 }, schedule: ({ elapsed }) => elapsed });
  // @ts-expect-error -- the key is a string, or a function that gives one
  createWhisul({ apiKey: 7 });
  // @ts-expect-error -- there is no such option
  createWhisul({ apikey: 'key' });
  // @ts-expect-error -- a part of the budget is misspelt
  createWhisul({ budget: { requestPerSecond: 1 } });
  // @ts-expect-error -- a schedule gives a number
  createWhisul({ schedule: () => '5s' });
  // @ts-expect-error -- ms are a number
  adaptiveSchedule({ min: '5s' });
});
