import {
  defer,
  filter,
  firstValueFrom,
  map,
  Observable,
  of,
  ReplaySubject,
  retry,
  share,
  switchMap,
  takeUntil,
  throwError,
} from 'rxjs';
import { callError, type CallSubject } from '../http/answer-error.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import type { SubmittedJob } from '../model/job-schema.js';
import { recordSubmitted, type Submitted } from './open-record.js';
import { readReceipt } from './read-receipt.js';
import type { ApiAnswer } from '../http/api-answer.js';
import { PendingRequest } from '../http/pending-request.js';
import { isRefusal, isSafeToRepeat } from '../model/refusal.js';
import { type Failure, judgeFailure } from '../polling/retry-failures.js';
import type { Submission } from '../model/submission.js';
import { isWhisulError, WhisulError } from '../model/whisul-error.js';

/** One paid job to be. */
export interface JobSubmission extends Submission {
  /**
   * The receipt. The first subscription submits, later ones join. When the last one leaves, a POST that waits for its
   * turn is withdrawn; one that has left goes on, and its receipt still reaches the records and `events$`.
   */
  readonly submitted$: Observable<Submitted>;
  /** The error for a caller who gives up now. */
  readonly aborted: () => WhisulError;
}

/** Prepares one submit. Its POST is sent again only when it provably was not accepted. */
export function submitJob(context: ClientContext, prompt: string): JobSubmission {
  const { policy, random, alarms, events, closed$ } = context;
  // The POST that has left and was not refused: in flight, accepted, or in doubt. There is never a second one.
  let left$: ReplaySubject<Submitted> | undefined;
  let accepted: SubmittedJob | undefined;
  let failure: Failure | undefined;
  /** Nothing is sent before, whoever comes back. */
  let notBefore = -Infinity;

  /** Hears of a failure also when nobody waits for the answer any more: a 429 concerns the whole client. */
  const recover = (error: unknown): boolean => {
    failure = judgeFailure({ policy, random, isTransient: isSafeToRepeat }, error, (failure?.failures ?? 0) + 1);
    const { wait, final } = failure;
    if (isRefusal(error)) notBefore = alarms.now() + wait;
    closeGate(context, error, wait);
    if (final) failure = undefined;
    return false;
  };

  const post = (): Observable<Submitted> => {
    const outcome$ = new ReplaySubject<Submitted>(1);
    const hasLeft = () => left$ === outcome$;
    const call = {
      method: 'POST' as const,
      url: `${context.base.origin}${context.base.path}/generate`,
      body: JSON.stringify({ prompt }),
      prompt,
      read: (answer: ApiAnswer) => readReceipt(context, prompt, answer),
      recover,
      onSend: () => {
        left$ = outcome$;
        events.expect();
      },
    };
    const pending = new PendingRequest(context, call, {
      next: (receipt) => {
        const submitted = recordSubmitted(context, receipt);
        accepted = receipt;
        events.emit({ type: 'submitted', job: receipt }, receipt.job_id);
        events.received();
        outcome$.next(submitted);
      },
      error: (error: unknown) => {
        if (!hasLeft()) {
          outcome$.error(error);
          return;
        }
        events.received();
        if (isRefusal(error)) left$ = undefined;
        outcome$.error(left$ === undefined ? refused(error) : inDoubt(prompt, error));
      },
      complete: () => {
        outcome$.complete();
      },
    });
    // Ready to be withdrawn before it begins: the lane may let others go first, and who hears of them may leave.
    return new Observable((subscriber) => {
      subscriber.add(() => {
        if (!hasLeft()) pending.withdraw();
      });
      outcome$.subscribe(subscriber);
      if (!subscriber.closed) pending.begin();
    });
  };

  const postInTime = (): Observable<Submitted> => {
    const wait = notBefore - alarms.now();
    return wait > 0 ? alarms.after$(wait).pipe(switchMap(() => left$ ?? post())) : post();
  };

  const giveUp = (error: WhisulError): WhisulError => {
    const { code, message } = error;
    if (accepted !== undefined) return callError(ofReceipt(accepted), code, message);
    return left$ === undefined
      ? callError({ prompt }, code, `${message} Nothing was submitted.`)
      : inDoubt(prompt, error);
  };

  const submitted$ = defer(() => left$ ?? postInTime()).pipe(
    retry({
      delay: (error: unknown) => {
        if (failure === undefined || !isWhisulError(error)) return throwError(() => error);
        const { wait, failures } = failure;
        events.emit({ type: 'retry', wait, code: error.code, failures });
        return of(0);
      },
    }),
    takeUntil(
      closed$.pipe(
        // What is accepted is told, and followed: there the job's stream says that the client is closed.
        filter(() => accepted === undefined),
        map((closed) => {
          throw giveUp(closed);
        }),
      ),
    ),
    share({ connector: () => new ReplaySubject<Submitted>(1), resetOnComplete: false }),
  );
  return {
    submitted$,
    get sent() {
      return left$ !== undefined;
    },
    get receipt() {
      return left$ === undefined ? undefined : firstValueFrom(left$).then(({ receipt }) => receipt);
    },
    aborted: () => giveUp(new WhisulError('aborted', 'The call was aborted.')),
  };
}

function ofReceipt(receipt: SubmittedJob): CallSubject {
  return { jobId: receipt.job_id, prompt: receipt.prompt, lastState: () => receipt };
}

/** A definite refusal: after a call that costs money the first question is whether it did. */
function refused(error: unknown): unknown {
  if (!isWhisulError(error)) return error;
  const { code, message, cause } = error;
  return new WhisulError(code, `${message} Nothing was accepted or charged.`, Object.assign({}, error, { cause }));
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
