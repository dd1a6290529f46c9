import { type JobState } from '@whisul-rx/core';
import { objectOption, optionNames, signalOption, statesOption } from '@whisul-rx/core/adapter';
import type { Observable } from 'rxjs';
import type { JobEmitter } from './job-emitter.js';
import { SourceEmitter } from './source-emitter.js';

/**
 * A job stream as a Node `EventEmitter`: `state` and the event named after its status for every state, `error` when the
 * stream errors, `close` once and last.
 *
 * The stream is subscribed once, on the tick after the first listener was added (`error` alone does not count), however
 * many listeners there are. When the last one is removed the stream is unsubscribed, and the emitter stays open:
 * a new listener subscribes it again. It closes after a terminal state, an error or the end of the stream, `close()`,
 * and when `signal` aborts.
 *
 * Something that is not a job state is the `error` `invalid_response`, and the end.
 *
 * A listener that throws surfaces as an uncaught exception, and one that rejects as an unhandled rejection, as in Node;
 * neither keeps an event from the other listeners.
 *
 * @param source$ - the states of one job, such as `whisul.job$(id)` or `whisul.generate$(prompt)`
 * @param options - `signal` closes the emitter when it aborts
 * @throws `WhisulError` `invalid_request` when `source$` is not an Observable, or an option cannot be used
 * @example
 * ```ts
 * import type { Whisul } from '@whisul-rx/core';
 * import { toEmitter } from '@whisul-rx/node-events';
 *
 * function sing(whisul: Whisul) {
 *   toEmitter(whisul.generate$('a waltz for two robots'))
 *     .on('completed', (job) => console.log(job.result.song_url))
 *     .on('failed', (job) => console.log(job.error))
 *     .on('error', (error) => console.log(error.code))
 *     .on('close', () => console.log('done'));
 * }
 * ```
 */
export function toEmitter(source$: Observable<JobState>, options: { signal?: AbortSignal } = {}): JobEmitter {
  statesOption(source$);
  const { signal } = objectOption('options', options);
  optionNames(options, { signal: 1 });
  // Found out only when the first listener is added otherwise, and then by nobody who could catch it.
  return new SourceEmitter(source$, signalOption(signal));
}
