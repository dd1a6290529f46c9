import { type GenerateRequest, type JobState, parsePrompt, WhisulError } from '@whisul-rx/core';
import {
  BehaviorSubject,
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  share,
  startWith,
  switchMap,
  take,
  tap,
  throwError,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import type { JobBoard } from './job-board.js';
import { openStream$ } from './open-stream.js';
import type { StreamEvent } from './read-events.js';
import { createReconnect } from './reconnect.js';
import { StreamFailure, toFailure } from './stream-failure.js';

/** What a submit was answered with, before any state. */
type Answer = 'busy' | 'refused' | 'unclear';

/** Tells whether an error proves that nothing was accepted: 503 and 429 may be sent again, the others are final. */
function readAnswer({ error: { code, status = 0 }, again, unsent }: StreamFailure): Answer {
  if (unsent) return again ? 'busy' : 'refused';
  if (code === 'submit_unknown') return 'unclear';
  if (code === 'rate_limited' || status === 429 || status === 503) return 'busy';
  const definite = /^(unauthorized|invalid_request|closed|aborted|submit_limit)$/.test(code);
  return definite || (status >= 400 && status < 500 && status !== 408) ? 'refused' : 'unclear';
}

function submitFailure(failure: StreamFailure, prompt: string, answer = readAnswer(failure)): StreamFailure {
  const { code, message, status, retryAfter, requestId, cause } = failure.error;
  const details = { prompt, status, retryAfter, requestId, cause };
  if (answer !== 'unclear') return new StreamFailure(new WhisulError(code, message, details), answer === 'busy');
  const hint = code === 'submit_unknown' ? '' : ' The job may have been accepted and charged; it is not sent again.';
  return new StreamFailure(new WhisulError('submit_unknown', message + hint, details), false);
}

/** More than this would use up the six connections that a browser has for an HTTP/1 origin. */
const heldStreams = 2;

const ended = (): WhisulError =>
  new WhisulError('invalid_response', 'The gateway ended the stream before the job had ended.');
const lost$ = throwError(
  () => new StreamFailure(new WhisulError('network', 'The gateway ended the stream early.'), false),
);

/** Turns each request into the stream of the one job that it starts, by a POST that is answered with the stream itself. */
export function createSubmit(gateway: Gateway, board: JobBoard): (request: GenerateRequest) => Observable<JobState> {
  let held = 0;

  return (request) => {
    let doubt: WhisulError | undefined;
    let accepted = false;
    /** What the answer to the POST tells after its first state: for those who are there when that comes. */
    let lead$: Observable<JobState> = EMPTY;
    const inFlight$ = new BehaviorSubject(false);
    const reconnect = createReconnect(gateway);

    const fail = (outcome: StreamFailure): Observable<never> => {
      if (outcome.error.code === 'submit_unknown') doubt = outcome.error;
      inFlight$.next(false);
      return throwError(() => outcome);
    };

    const attempt = (prompt: string): Observable<StreamEvent> => {
      // Whatever subscribes: what is accepted is never sent again.
      if (accepted) return lost$;
      inFlight$.next(true);
      return concat(openStream$(gateway, { url: gateway.url.href, prompt }), lost$).pipe(
        tap((event) => {
          if (event.type === 'state') accepted = true;
          else if (accepted) return;
          else if (event.type === 'problem') throw new StreamFailure(event.error, false);
          else if (event.type === 'end') throw new StreamFailure(ended(), false);
        }),
        catchError((error: unknown) => {
          const failure = toFailure(error);
          if (accepted) return throwError(() => new StreamFailure(failure.error, false));
          return fail(submitFailure(failure, prompt));
        }),
      );
    };

    /** The job's states from the answer to the POST; when that is cut, it completes once a reconnect may come. */
    const rest = (frames$: Observable<StreamEvent>, id: string): Observable<JobState> =>
      defer(() => {
        if (held >= heldStreams && gateway.options.multiplex !== false) return EMPTY;
        held += 1;
        return frames$.pipe(
          mergeMap((event) => {
            if (event.type === 'end') return throwError(ended);
            if (event.type === 'problem' && (event.id ?? id) === id) return throwError(() => event.error);
            return event.type === 'state' && event.id === id ? of(event.state) : EMPTY;
          }),
          catchError((error: unknown) => {
            if (!(error instanceof StreamFailure)) return throwError(() => error);
            reconnect.failed(new StreamFailure(error.error, true));
            return reconnect.ready$;
          }),
          finalize(() => {
            held -= 1;
          }),
        );
      });

    const submit = (prompt: string): Observable<JobState> => {
      // The answer is let go of as soon as nothing is subscribed to it.
      const frames$ = reconnect.keepOpen$(defer(() => attempt(prompt))).pipe(share());
      const closed$ = board.closed$.pipe(
        catchError((error: unknown) =>
          fail(submitFailure(toFailure(error), prompt, inFlight$.value ? 'unclear' : 'refused')),
        ),
      );
      return merge(closed$, frames$).pipe(
        filter((event) => event.type === 'state'),
        take(1),
        map(({ state }) => {
          board.note(state);
          lead$ = rest(frames$, state.job_id);
          return state;
        }),
        catchError((error: unknown) => throwError(() => toFailure(error).error)),
        // Never a second time: that would be a second POST.
        finalize(() => {
          lead$ = EMPTY;
        }),
      );
    };

    const receipt$ = defer(() => (doubt === undefined ? submit(parsePrompt(request)) : throwError(() => doubt))).pipe(
      share({
        connector: () => new ReplaySubject<JobState>(1),
        resetOnComplete: false,
        // A POST in flight outlives its subscribers, so that no paid job is lost.
        resetOnRefCountZero: () => inFlight$.pipe(filter((busy) => !busy)),
      }),
    );
    return receipt$.pipe(
      switchMap((receipt) =>
        defer(() => board.follow$(receipt.job_id, lead$)).pipe(
          filter((state) => state !== receipt),
          startWith(receipt),
        ),
      ),
    );
  };
}
