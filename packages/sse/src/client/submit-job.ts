import { type GenerateRequest, isWhisulError, type JobState } from '@whisul-rx/core';
import { isNeverSent, parsePrompt, registerSubmission } from '@whisul-rx/core/adapter';
import {
  BehaviorSubject,
  catchError,
  defer,
  EMPTY,
  filter,
  finalize,
  first,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  share,
  startWith,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import type { JobBoard } from './job-board.js';
import { openStream$ } from './open-stream.js';
import { isDefinite, isFinal } from './problem-error.js';
import type { StreamEvent } from './read-events.js';
import { createReconnect } from './reconnect.js';
import { retell, StreamFailure, toFailure } from './stream-failure.js';

/**
 * Tells whether a failed submit may be sent again at once, by the retry policy. `undefined` when it may have been
 * accepted: then it is never sent again, else its caller may.
 */
function maySendAgain({ error, again }: StreamFailure, sent: boolean): boolean | undefined {
  const { code, retryAfter, status = 0 } = error;
  if (!sent || (status === 0 && isNeverSent(error))) return again;
  if (code === 'submit_unknown') return undefined;
  // A refusal says when to come back. A proxy that lost the answer does not.
  if (isFinal(status)) return false;
  if (code === 'rate_limited' || status === 429 || (status === 503 && retryAfter !== undefined)) return true;
  return isDefinite(error) || status === 425 ? false : undefined;
}

/** More than this would use up the six connections that a browser has for an HTTP/1 origin. */
const heldStreams = 2;

/** Turns each request into the stream of the one job that it starts, by a POST that is answered with the stream itself. */
export function createSubmit(gateway: Gateway, board: JobBoard): (request: GenerateRequest) => Observable<JobState> {
  let held = 0;

  return (request) => {
    /** The first state of the job, once its id is known: from then on nothing is sent again. */
    let receipt: JobState | undefined;
    /** What the answer to the POST tells after that: for those who are there when it comes. */
    let lead$: Observable<JobState> = EMPTY;
    const inFlight$ = new BehaviorSubject(false);
    const idle$ = inFlight$.pipe(filter((busy) => !busy));
    const reconnect = createReconnect(gateway);

    const fail = ({ error }: StreamFailure, prompt: string, again: boolean | undefined): StreamFailure => {
      const { code, message } = error;
      if (again !== undefined) {
        inFlight$.next(false);
        return new StreamFailure(retell(error, code, message, { prompt }), again);
      }
      const hint =
        code === 'submit_unknown' ? '' : ' The prompt may have been accepted and charged; it is not sent again.';
      return new StreamFailure(retell(error, 'submit_unknown', message + hint, { prompt }), false);
    };

    /** The answer to the POST; once the job is known, a cut completes it when a reconnect may come. */
    const answer$ = (prompt: string): Observable<StreamEvent> =>
      defer(() => {
        if (receipt !== undefined) return EMPTY;
        const onSend = (): void => {
          inFlight$.next(true);
        };
        return openStream$(gateway, { prompt, onSend }).pipe(
          tap((event) => {
            if (event.type === 'state') board.learn((receipt ??= event.state));
            else if (event.type === 'problem' && receipt === undefined) throw new StreamFailure(event.error, false);
          }),
          catchError((error: unknown) => {
            const failure = toFailure(error);
            throw receipt === undefined ? fail(failure, prompt, maySendAgain(failure, inFlight$.value)) : failure;
          }),
        );
      }).pipe(reconnect, share());

    /** The job's states from the answer to the POST. */
    const rest$ = (events$: Observable<StreamEvent>, id: string): Observable<JobState> =>
      defer(() => {
        if (held >= heldStreams && gateway.options.multiplex !== false) return EMPTY;
        held += 1;
        return events$.pipe(
          mergeMap((event) => {
            if (event.type === 'problem' && (event.error.jobId ?? id) === id) throw event.error;
            return event.type === 'state' && event.state.job_id === id ? of(event.state) : EMPTY;
          }),
          finalize(() => {
            held -= 1;
          }),
        );
      });

    const submit = (prompt: string): Observable<JobState> => {
      const events$ = answer$(prompt);
      const closed$ = board.closed$.pipe(
        catchError((error: unknown) => {
          // A job that is known gets that error from the board.
          if (receipt !== undefined) return EMPTY;
          throw fail(toFailure(error), prompt, inFlight$.value ? undefined : false);
        }),
      );
      return merge(closed$, events$).pipe(
        first((event) => event.type === 'state'),
        map(({ state }) => {
          lead$ = rest$(events$, state.job_id);
          return state;
        }),
        catchError((error: unknown) => {
          throw toFailure(error).error;
        }),
        // Never a second time: that would be a second POST.
        finalize(() => {
          lead$ = EMPTY;
        }),
      );
    };

    const receipt$ = defer(() => submit(parsePrompt(request))).pipe(
      share({
        connector: () => new ReplaySubject<JobState>(1),
        resetOnComplete: false,
        // A doubt stays one.
        resetOnError: (error: unknown) => (isWhisulError(error, 'submit_unknown') ? NEVER : of(0)),
        // A POST in flight outlives its subscribers, so that no paid job is lost.
        resetOnRefCountZero: () => idle$,
      }),
    );
    const states$ = receipt$.pipe(
      switchMap((known) =>
        defer(() => {
          board.learn(known);
          return board.follow$(known.job_id, lead$);
        }).pipe(
          filter((state) => state !== known),
          startWith(known),
        ),
      ),
    );
    registerSubmission(states$, {
      get sent() {
        return inFlight$.value;
      },
      get receipt() {
        // Not beyond a refusal: a subscriber that only waits for the answer must not have it sent again.
        return inFlight$.value ? firstValueFrom(receipt$.pipe(takeUntil(idle$))) : undefined;
      },
    });
    return states$;
  };
}
