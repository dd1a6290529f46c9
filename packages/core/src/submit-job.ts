import {
  catchError,
  defer,
  finalize,
  firstValueFrom,
  map,
  type Observable,
  ReplaySubject,
  share,
  takeUntil,
} from 'rxjs';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import { isNeverSent } from './failure.js';
import { recordSubmitted, type SubmittedRecord } from './open-record.js';
import { readReceipt } from './read-receipt.js';
import type { ApiAnswer } from './api-answer.js';
import { request$ } from './request.js';
import { retryFailures } from './retry-failures.js';
import type { Submission } from './submission.js';
import { isWhisulError, WhisulError } from './whisul-error.js';

/** One paid job to be. */
export interface JobSubmission extends Submission {
  /**
   * The receipt. The first subscription submits, later ones join. When the last one leaves, a POST that waits for its
   * turn is withdrawn; one that has left goes on, and its receipt still reaches the records and `events$`.
   */
  readonly receipt$: Observable<SubmittedRecord>;
  /** The error for a caller who gives up now. */
  aborted(): WhisulError | undefined;
}

/** Prepares one submit. Its POST is sent again only when it provably was not accepted. */
export function submitJob(context: ClientContext, prompt: string): JobSubmission {
  const { policy, random, alarms, events, closed$ } = context;
  // The POST that has left and was not refused: in flight, accepted, or in doubt. There is never a second one.
  let left$: ReplaySubject<SubmittedRecord> | undefined;

  const post = (): Observable<SubmittedRecord> => {
    const outcome$ = new ReplaySubject<SubmittedRecord>(1);
    const hasLeft = () => left$ === outcome$;
    const call = {
      method: 'POST' as const,
      url: `${context.base.origin}${context.base.path}/generate`,
      body: JSON.stringify({ prompt }),
      prompt,
      read: (answer: ApiAnswer) => readReceipt(context, prompt, answer),
      onSend: () => {
        left$ = outcome$;
        events.expect();
      },
    };
    const receipt$ = request$(context, call).pipe(
      catchError((error: unknown) => {
        if (!hasLeft()) throw error;
        events.received();
        if (!isRefusal(error)) throw inDoubt(prompt, error);
        left$ = undefined;
        throw error;
      }),
    );
    const posting = receipt$.subscribe({
      next: (job) => {
        const record = recordSubmitted(context, job);
        events.emit({ type: 'submitted', job }, job.job_id);
        events.received();
        outcome$.next(record);
      },
      error: (error: unknown) => {
        outcome$.error(error);
      },
      complete: () => {
        outcome$.complete();
      },
    });
    return outcome$.pipe(
      finalize(() => {
        if (!hasLeft()) posting.unsubscribe();
      }),
    );
  };

  const receipt$ = defer(() => left$ ?? post()).pipe(
    retryFailures({
      policy,
      random,
      wait$: (ms) => alarms.after$(ms),
      isTransient: isSafeToRepeat,
      onFailure: ({ error, failures, wait, final }) => {
        closeGate(context, error, wait);
        if (!final && isWhisulError(error)) events.emit({ type: 'retry', wait, code: error.code, failures });
      },
    }),
    takeUntil(
      closed$.pipe(
        map((closed) => {
          throw left$ === undefined ? closed : inDoubt(prompt, closed);
        }),
      ),
    ),
    share({ connector: () => new ReplaySubject<SubmittedRecord>(1), resetOnComplete: false }),
  );
  return {
    receipt$,
    get sent() {
      return left$ !== undefined;
    },
    get receipt() {
      return left$ === undefined ? undefined : firstValueFrom(left$).then((record) => record.receipt);
    },
    aborted: () =>
      left$ === undefined
        ? undefined
        : inDoubt(prompt, new WhisulError('aborted', 'The wait for its answer was aborted.')),
  };
}

/** Provably not accepted, and worth another try: the connection was never made, or the API said 429. */
function isSafeToRepeat(error: unknown): boolean {
  return isWhisulError(error, 'rate_limited') || (isWhisulError(error, 'network') && isNeverSent(error));
}

/** Provably not accepted: also the definite refusals, which are all of 4xx but 408. */
function isRefusal(error: unknown): boolean {
  if (isSafeToRepeat(error)) return true;
  const status = isWhisulError(error) ? (error.status ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 408;
}

/** The third outcome of a submit, beside accepted and refused. */
function inDoubt(prompt: string, error: unknown): WhisulError {
  if (isWhisulError(error, 'submit_unknown')) return error;
  const known = isWhisulError(error) ? error : undefined;
  const { status, requestId } = known ?? {};
  return new WhisulError(
    'submit_unknown',
    `The prompt may have been accepted and charged; it is not sent again. ${known?.message ?? 'The submit broke off.'} ` +
      'Whisul cannot list jobs: look at your account before you submit the same prompt again.',
    { prompt, status, requestId, cause: error },
  );
}
