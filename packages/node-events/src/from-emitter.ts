import { isTerminal, jobStateSchema, WhisulError, type JobState } from '@whisul-rx/core';
import { isDeepStrictEqual } from 'node:util';
import { Observable } from 'rxjs';

/**
 * What {@link fromEmitter} reads: any emitter of these events with `on` and `off`, such as a {@link JobEmitter}, a plain
 * Node `EventEmitter`, or a socket. It emits `state`, or only the events named after the status, or both.
 */
export interface JobEmitterLike {
  /** Adds a listener. */
  on(event: 'state' | JobState['status'] | 'error' | 'close', listener: (value?: unknown) => void): unknown;
  /** Removes it. */
  off(event: 'state' | JobState['status'] | 'error' | 'close', listener: (value?: unknown) => void): unknown;
  /** The latest state that was emitted, for those who come late. */
  readonly state?: JobState | undefined;
  /** True when nothing will be emitted any more. */
  readonly closed?: boolean | undefined;
  /** What was emitted as `error`, for those who come late. */
  readonly errored?: unknown;
}

function isEmitter(value: unknown): value is JobEmitterLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    typeof value.on === 'function' &&
    'off' in value &&
    typeof value.off === 'function'
  );
}

function isJobState(value: unknown): value is JobState {
  return jobStateSchema.safeParse(value).success;
}

/**
 * Turns an emitter back into an Observable: `fromEmitter(toEmitter(job$))` emits and ends as `job$` does.
 *
 * Each subscriber has its own listeners, gets the emitter's `state` first, if there is one, and completes with the
 * terminal state. Its listeners are removed in the same tick, also when it unsubscribes. After that an `error` of
 * the emitter is thrown again, as in Node, unless others listen for it.
 *
 * Errors with what the emitter emitted as `error`, or with a `WhisulError`: `closed` if it closed before a terminal state
 * (completing would look like success), `invalid_response` if it emitted something that is not a job state,
 * `invalid_request` if it is not an emitter.
 *
 * @example
 * ```ts
 * import { song } from '@whisul-rx/core';
 * import { fromEmitter, type JobEmitterLike } from '@whisul-rx/node-events';
 *
 * const song$ = (emitter: JobEmitterLike) => fromEmitter(emitter).pipe(song());
 * ```
 */
export function fromEmitter(emitter: JobEmitterLike): Observable<JobState> {
  return new Observable<JobState>((subscriber) => {
    let last: JobState | undefined;
    let hasStateEvent = false;

    const fail = (code: 'closed' | 'invalid_response' | 'invalid_request', message: string): void => {
      subscriber.error(new WhisulError(code, message, { jobId: last?.job_id, lastState: last }));
    };
    const take = (state: unknown): void => {
      if (!isJobState(state)) {
        fail('invalid_response', 'The emitter emitted something that is not a job state.');
        return;
      }
      last = state;
      subscriber.next(state);
      if (isTerminal(state)) subscriber.complete();
    };
    // Until the first `state` event nobody knows whether the emitter has them, and what was read from `state` may come
    // again as an event. After it, named events would only repeat it.
    const isRepeated = (state: unknown): boolean =>
      !hasStateEvent && last !== undefined && isDeepStrictEqual(state, last);
    const takeNamed = (state: unknown): void => {
      if (!hasStateEvent && !isRepeated(state)) take(state);
    };
    const takeState = (state: unknown): void => {
      const repeated = isRepeated(state);
      hasStateEvent = true;
      if (!repeated) take(state);
    };
    const close = (): void => {
      fail('closed', 'The emitter closed before the job ended. The job may still be running.');
    };

    const listeners = [
      [
        'error',
        (error) => {
          subscriber.error(error);
        },
      ],
      ['close', close],
      ['state', takeState],
      ['submitted', takeNamed],
      ['running', takeNamed],
      ['completed', takeNamed],
      ['failed', takeNamed],
    ] satisfies [Parameters<JobEmitterLike['on']>[0], (value?: unknown) => void][];

    if (!isEmitter(emitter)) {
      fail('invalid_request', 'fromEmitter takes an emitter of job events: an object with on() and off().');
      return;
    }
    for (const [event, listener] of listeners) {
      emitter.on(event, listener);
      // At once, if an emitter that replays its past from within on() has just ended the stream.
      subscriber.add(() => {
        emitter.off(event, listener);
      });
    }
    // Read after attaching, so nothing is lost in between.
    if (emitter.state && !last) take(emitter.state);
    if (emitter.closed !== true || subscriber.closed) return;
    if (emitter.errored === undefined) close();
    else subscriber.error(emitter.errored);
  });
}
