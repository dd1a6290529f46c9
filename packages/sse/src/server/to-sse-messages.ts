import { type JobState } from '@whisul-rx/core';
import { objectOption, optionNames, statesOption } from '@whisul-rx/core/adapter';
import {
  catchError,
  concatWith,
  interval,
  map,
  merge,
  of,
  startWith,
  switchMap,
  takeWhile,
  type Observable,
} from 'rxjs';
import { toRefusal } from '../wire/refusal.js';
import { problemFrame } from '../wire/problem-frame.js';
import { stateFrame } from '../wire/state-frame.js';
import { readSseOptions } from './feeds/sse-options.js';

/** A message for a framework that writes the frames itself. */
export interface SseMessage {
  id?: string;
  type?: string;
  data: string;
}

/**
 * States as messages for frameworks that write server-sent events themselves; Nest's `@Sse()` takes it as it is.
 * An error becomes a `problem` message, the end an `end` message; both complete the stream, which never errors.
 * After `heartbeat` ms of silence comes a message called `heartbeat`, which clients ignore: such frameworks cannot
 * send comments. Unsubscribing unsubscribes the source.
 *
 * @param options - `heartbeat` in ms, 8_000 by default
 * @throws WhisulError `invalid_request` if `source$` is not an Observable, or `heartbeat` cannot be used
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { toSseMessages } from '@whisul-rx/sse/server';
 *
 * const whisul = createWhisul();
 * // In a controller, behind a guard that checks the owner:
 * // @Sse('jobs/:id') follow(@Param('id') id: string) { return messagesOf(id); }
 * const messagesOf = (id: string) => toSseMessages(whisul.job$({ job_id: id }));
 * ```
 */
export function toSseMessages(
  source$: Observable<JobState>,
  options: { heartbeat?: number } = {},
): Observable<SseMessage> {
  statesOption(source$);
  optionNames(objectOption('options', options), { heartbeat: 1 });
  const { heartbeat } = readSseOptions(options).timing;
  const end: SseMessage = { type: 'end', id: 'end', data: '{}' };
  const beat: SseMessage = { type: 'heartbeat', data: '{}' };
  const messages$ = source$.pipe(
    map((state): SseMessage => {
      const { id, json } = stateFrame(state);
      return { id, data: json };
    }),
    catchError((error: unknown) => of<SseMessage>({ type: 'problem', data: problemFrame(toRefusal(error)).json })),
    concatWith(of(end)),
  );
  return messages$.pipe(
    startWith(undefined),
    switchMap((message) => {
      if (message === end) return of(end);
      const beats$ = interval(heartbeat).pipe(map(() => beat));
      return message === undefined ? beats$ : merge(of(message), beats$);
    }),
    takeWhile((message) => message !== end, true),
  );
}
