import {
  defer,
  filter,
  firstValueFrom,
  Observable,
  of,
  ReplaySubject,
  retry,
  share,
  Subject,
  switchMap,
  takeUntil,
  throwError,
} from 'rxjs';
import type { SubmittedJob } from '../model/job-schema.js';
import { isRefusal, isSafeToRepeat } from '../model/refusal.js';
import type { Submission } from '../model/submission.js';
import { isWhisulError, WhisulError } from '../model/whisul-error.js';
import { failWhen } from '../polling/fail-when.js';
import { type Failure, judgeFailure } from '../polling/judge-failure.js';
import { longTimer$ } from '../polling/long-timer.js';
import { callError } from '../http/answer-error.js';
import type { ApiAnswer } from '../http/api-answer.js';
import { request$ } from '../http/request.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import { recordSubmitted, type Submitted } from './open-record.js';
import { readReceipt } from './read-receipt.js';
import { doubtError, refusedError } from './submit-error.js';

/** One paid job to be. */
export interface JobSubmission extends Submission {
  /**
   * The receipt. The first subscription submits, later ones join. When the last one leaves, a POST that waits for its
   * turn is withdrawn; one that has left goes on, and its receipt still reaches the records and `events$`.
   */
  readonly submitted$: Observable<Submitted>;
  /** The error for a caller who gives up now. */
  readonly abortedError: () => WhisulError;
}

/** Prepares one submit. Its POST is sent again only if it provably was not accepted. */
export function submitJob(client: ClientContext, prompt: string): JobSubmission {
  const { policy, random, now, scheduler, events, records, closed$ } = client;
  // The POST that has left and was not refused: in flight, accepted, or in doubt. There is never a second one.
  let left$: ReplaySubject<Submitted> | undefined;
  let accepted: SubmittedJob | undefined;
  let failure: Failure | undefined;
  /** Nothing is sent before, however often subscribers leave and come back. */
  let notBefore = -Infinity;

  /** Also when nobody waits for the answer any more: a 429 concerns the whole client. */
  const judge = (error: unknown): void => {
    failure = judgeFailure({ policy, random, isTransient: isSafeToRepeat }, error, (failure?.failures ?? 0) + 1);
    const { wait, final } = failure;
    if (isRefusal(error)) notBefore = now() + wait;
    closeGate(client, error, wait);
    if (final) failure = undefined;
  };

  const post = (): Observable<Submitted> => {
    const outcome$ = new ReplaySubject<Submitted>(1);
    const hasLeft = () => left$ === outcome$;
    const call = {
      method: 'POST' as const,
      url: `${client.base.origin}${client.base.path}/generate`,
      body: JSON.stringify({ prompt }),
      prompt,
      read: (answer: ApiAnswer) => readReceipt(client, prompt, answer),
      onSend: () => {
        left$ = outcome$;
        events.expect();
      },
    };
    const outcome = {
      next: (receipt: SubmittedJob) => {
        const submitted = recordSubmitted(client, receipt);
        accepted = receipt;
        events.emit({ type: 'submitted', job: receipt }, receipt.job_id);
        events.received();
        outcome$.next(submitted);
      },
      error: (error: unknown) => {
        judge(error);
        if (!hasLeft()) {
          outcome$.error(error);
          return;
        }
        events.received();
        if (isRefusal(error)) left$ = undefined;
        outcome$.error(left$ === undefined ? refusedError(error) : doubtError(prompt, error));
      },
      complete: () => {
        outcome$.complete();
      },
    };
    // Ready to be withdrawn before it begins: the lane may let others go first, and their listeners may leave.
    return new Observable((subscriber) => {
      const withdrawn$ = new Subject<void>();
      subscriber.add(() => {
        if (!hasLeft()) withdrawn$.next();
      });
      outcome$.subscribe(subscriber);
      if (!subscriber.closed) request$(client, call).pipe(takeUntil(withdrawn$)).subscribe(outcome);
    });
  };

  const postInTime = (): Observable<Submitted> => {
    const wait = notBefore - now();
    return wait > 0 ? longTimer$(wait, scheduler).pipe(switchMap(() => left$ ?? post())) : post();
  };

  const giveUp = (error: WhisulError): WhisulError => {
    const { code, message } = error;
    if (accepted !== undefined) {
      const { job_id: jobId } = accepted;
      return callError({ jobId, prompt, lastState: () => records.get(jobId)?.state ?? accepted }, code, message);
    }
    return left$ === undefined
      ? callError({ prompt }, code, `${message} Nothing was submitted.`)
      : doubtError(prompt, error);
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
    // A job that was accepted is followed: its own stream says that the client is closed.
    failWhen(closed$.pipe(filter(() => accepted === undefined)), giveUp),
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
    abortedError: () => giveUp(new WhisulError('aborted', 'The call was aborted.')),
  };
}
