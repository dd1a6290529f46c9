import type { CompletedJob, FailedJob, JobState, RunningJob, SubmittedJob, WhisulError } from '@whisul-rx/core';
import type { EventEmitter } from 'node:events';

/** The events of a {@link JobEmitter}, and what their listeners are called with. Other names do not compile. */
export interface JobEvents {
  /** Every state, in order; the event named after its status follows it. */
  state: [state: JobState];
  /** The API accepted the prompt, and nothing newer is known. Jobs that this client did not submit do not have it. */
  submitted: [job: SubmittedJob];
  /** The song is being made. */
  running: [job: RunningJob];
  /** The song is ready. */
  completed: [job: CompletedJob];
  /** Whisul made no song: an outcome, not an `error`. */
  failed: [job: FailedJob];
  /**
   * The outcome could not be determined; the job may still be running. Streams of whisul-rx give a `WhisulError`,
   * other streams whatever they failed with. With no listener it throws, as in Node.
   */
  error: [error: WhisulError];
  /** Once and last, whatever ended the emitter. */
  close: [];
  /** Node's own: a listener is about to be added. */
  newListener: [event: string | symbol, listener: (...args: never[]) => void];
  /** Node's own: a listener was removed. */
  removeListener: [event: string | symbol, listener: (...args: never[]) => void];
  /** Node's own: sees an `error` without counting as its listener. */
  [EventEmitter.errorMonitor]: [error: WhisulError];
}

/**
 * `[Symbol.dispose]()`, for `using`: the same as {@link JobEmitter.close}. Types without that symbol, such as those of
 * `lib: ["es2022"]` with no `@types/node`, do without the method.
 */
type WithDispose = SymbolConstructor extends { readonly dispose: infer Dispose extends symbol }
  ? Readonly<Record<Dispose, () => void>>
  : object;

/**
 * A job as a Node `EventEmitter`: {@link toEmitter} makes it. Only the names of {@link JobEvents} compile, with every
 * version of `@types/node`.
 *
 * @example
 * ```ts
 * import type { JobEmitter } from '@whisul-rx/node-events';
 * import { once } from 'node:events';
 *
 * async function finished(job: JobEmitter) {
 *   if (!job.closed) await once(job, 'close');
 *   return job.state;
 * }
 * ```
 */
export interface JobEmitter extends EventEmitter, WithDispose {
  /** The latest state that was emitted; `undefined` before the first. Stays after `close`. */
  readonly state: JobState | undefined;
  /** True from the moment nothing but `close` can come any more. */
  readonly closed: boolean;
  /** What was emitted as `error`, for those who come late; `undefined` while there was none, as on Node's streams. */
  readonly errored: unknown;
  /**
   * Unsubscribes from the stream and emits `close`, without an `error`. The job itself goes on. Closing again does nothing.
   * If unsubscribing throws, `close()` throws that error after it has emitted `close`.
   */
  close(): void;

  on<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  once<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  off<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  addListener<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  removeListener<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  prependListener<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  prependOnceListener<E extends keyof JobEvents>(event: E, listener: (...args: JobEvents[E]) => void): this;
  removeAllListeners(event?: keyof JobEvents): this;
  emit<E extends keyof JobEvents>(event: E, ...args: JobEvents[E]): boolean;
  listenerCount<E extends keyof JobEvents>(event: E, listener?: (...args: JobEvents[E]) => void): number;
  listeners(event: keyof JobEvents): ReturnType<EventEmitter['listeners']>;
  rawListeners(event: keyof JobEvents): ReturnType<EventEmitter['rawListeners']>;
}
