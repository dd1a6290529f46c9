import { jobStateSchema, type JobEngine, type JobSource, type JobState } from '@whisul-rx/core';
import { isObservable, tap, type Observable } from 'rxjs';
import { showValue } from '../api/show-value.js';
import type { Emulator } from '../create-emulator.js';
import { createEventually, pace, sleep } from './eventually.js';
import { createStillEmulator } from './still-emulator.js';
import { messageOf, watch, type Watch } from './watch.js';

/** How a suite makes what it tests: the factory's own result, before anything is taken for granted. */
export interface Candidate<Made> {
  /** The name under which the factory's result holds it. */
  readonly kind: 'source' | 'engine';
  readonly create: (emulator: Emulator) => Promise<Made> | Made;
  readonly sourceOf: (made: Made) => JobSource;
  /** Only for engines. */
  readonly engineOf?: (made: Made) => JobEngine;
}

/** The name of the first test of every suite. */
export const smokeTestName = 'first of all, it follows a job to its end (if not, the other tests are not run)';

const ownPrompt = 'a song for the first test';

/** A value as text, short enough for a message. */
function show(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : showValue(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Throws for what is not a state, so that no law needs to expect it. */
function checkState(value: unknown): void {
  if (!jobStateSchema.safeParse(value).success) throw new Error(`This is not a job state: ${show(value)}.`);
}

/** What reached the emulator so far, for those who wonder why nothing comes. */
function traffic({ requests }: Emulator): string {
  const sent = requests.filter(({ prompt }) => prompt !== ownPrompt);
  if (sent.length === 0) {
    return 'No request of the adapter has reached the emulator: use `emulator.fetch` with the base URL http://emulator.local/api, or put the emulator on a port with `listen(emulator)`.';
  }
  const last = sent.slice(-3).map(({ method, path, status }) => `${method} ${path}: ${status}`);
  const key = sent.some(({ authorized }) => !authorized) ? ' Some had no `authorization: Bearer …` header.' : '';
  return `The emulator has received ${sent.length} requests of the adapter; the last: ${last.join(', ')}.${key}`;
}

/** Whether what the factory gave has the parts that it must have; otherwise what is missing. */
function missingPart(made: unknown, kind: string): string | undefined {
  const wanted = `create(emulator) must give { ${kind}, close }`;
  if (typeof made !== 'object' || made === null) return `${wanted}, but gave ${show(made)}.`;
  const subject: unknown = Reflect.get(made, kind);
  if (typeof subject !== 'object' || subject === null) return `${wanted}, but its \`${kind}\` is ${show(subject)}.`;
  if (typeof Reflect.get(made, 'close') !== 'function') return `${wanted}, but it has no function \`close\`.`;
  const methods = kind === 'engine' ? ['job$', 'generate$'] : ['job$'];
  const missing = methods.find((method) => typeof Reflect.get(subject, method) !== 'function');
  return missing && `The ${kind} has no function \`${missing}\`.`;
}

/**
 * The first test of every suite: whether the adapter can do anything at all. Rejects within the limit (ms) with what is
 * missing, so that nobody has to wait for all the laws to fail.
 */
export async function smokeTest<Made extends { close(): Promise<void> | void }>(
  { kind, create, sourceOf, engineOf }: Candidate<Made>,
  limit = 10_000,
): Promise<void> {
  const { emulator, startJob, finishJobs } = createStillEmulator();
  const began = performance.now();
  const within = `within ${limit / 1_000} s`;
  const until = async (holds: () => boolean): Promise<boolean> => {
    while (!holds() && performance.now() - began < limit) await sleep(3);
    return holds();
  };
  /** Resolves as the promise does; rejects with the sentence when it takes too long or rejects. */
  const settled = async <T>(name: string, call: () => Promise<T> | T): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const left = Math.max(0, limit - (performance.now() - began));
      timer = setTimeout(() => reject(new Error(`its promise did not settle ${within}.`)), left);
    });
    try {
      return await Promise.race([(async () => call())(), late]);
    } catch (error) {
      throw new Error(`${name} failed: ${messageOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
  const subscribe = (name: string, call: () => Observable<JobState>): Watch => {
    let stream$: Observable<JobState>;
    try {
      stream$ = call();
    } catch (error) {
      throw new Error(`${name} threw "${messageOf(error)}"; it must return an Observable that errors.`, {
        cause: error,
      });
    }
    if (!isObservable(stream$))
      throw new Error(`${name} must return an Observable of RxJS, but gave ${show(stream$)}.`);
    return watch(stream$.pipe(tap((state) => checkState(state))), createEventually(limit));
  };
  /** Waits for the state; `after` says what must have led to it. */
  const emits = async (name: string, job: Watch, status: JobState['status'], after: string): Promise<void> => {
    const there = () => job.states.some((state) => state.status === status);
    await until(() => there() || job.ending !== undefined);
    if (there()) return;
    const instead = job.states.length === 0 ? 'nothing' : `only ${show(job.states)}`;
    const end = job.ending === undefined ? within : `before it ${job.ending}`;
    const why = job.ending === 'errored' ? ` The error: ${messageOf(job.problem)}` : '';
    throw new Error(`${name} ${after} emitted ${instead} ${end}, not a state '${status}'.${why} ${traffic(emulator)}`);
  };

  const made = await settled('create(emulator)', () => create(emulator));
  try {
    const missing = missingPart(made, kind);
    if (missing !== undefined) throw new Error(missing);
    const id = await startJob(ownPrompt);
    const polls = () => emulator.requests.filter(({ jobId, method }) => method === 'GET' && jobId === id).length;
    const job = subscribe('job$(id)', () => sourceOf(made).job$(id));
    await emits('job$(id)', job, 'running', 'of a running job');
    if (!(await until(() => polls() >= 3))) {
      throw new Error(
        `job$(id) polled a running job only ${polls()} times ${within}. The suite needs a poll about every ${pace} ms (\`schedule: fixedSchedule(${pace})\`).`,
      );
    }
    finishJobs();
    await emits('job$(id)', job, 'completed', 'of a job that has completed');
    if (!(await until(() => job.ending === 'completed'))) {
      throw new Error(`job$(id) emitted 'completed' but did not complete ${within}.`);
    }
    if (engineOf) {
      const song = subscribe('generate$(prompt)', () => engineOf(made).generate$('a song by the adapter'));
      await emits('generate$(prompt)', song, 'submitted', 'after its POST');
      finishJobs();
      await emits('generate$(prompt)', song, 'completed', 'of a job that has completed');
    }
    await settled('close()', () => made.close());
  } catch (error) {
    // What could not even follow a job may not be able to close either.
    await Promise.race([(async () => made.close())().catch(() => undefined), sleep(100)]);
    throw error;
  } finally {
    emulator.close();
  }
}
