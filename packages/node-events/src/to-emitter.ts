import { type JobState } from '@whisul-rx/core';
import { objectOption, optionNames, signalOption, statesOption } from '@whisul-rx/core/adapter';
import type { Observable } from 'rxjs';
import type { JobEmitter } from './job-emitter.js';
import { SourceEmitter } from './source-emitter.js';

/**
 * Turns a job stream into a Node `EventEmitter`. For every state it emits `state`, and the event named after its status.
 * It emits `error` if the stream errors, and `close` once and last.
 *
 * The stream is subscribed once, on the tick after the first listener was added (`error` alone does not count), however
 * many listeners there are. When the last one is removed the stream is unsubscribed, and the emitter stays open:
 * a new listener subscribes it again. It closes after a terminal state, an error or the end of the stream, `close()`,
 * and when `signal` aborts.
 *
 * If the stream emits something that is not a job state, the emitter emits an `error` with the code `invalid_response`,
 * and closes.
 *
 * A listener that throws is an uncaught exception, and one that rejects an unhandled rejection, as in Node. The other
 * listeners still get the event.
 *
 * @param source$ - the states of one job, such as `whisul.job$(id)` or `whisul.generate$(prompt)`
 * @param options - `signal` closes the emitter when it aborts
 * @throws WhisulError `invalid_request` if `source$` is not an Observable, or an option cannot be used
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
