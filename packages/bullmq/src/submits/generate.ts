import type { GenerateRequest, JobState } from '@whisul-rx/core';
import { isWhisulError, WhisulError } from '@whisul-rx/core';
import { parsePrompt, registerSubmission } from '@whisul-rx/core/adapter';
import {
  catchError,
  defer,
  distinctUntilKeyChanged,
  finalize,
  firstValueFrom,
  from,
  map,
  merge,
  type Observable,
  ReplaySubject,
  share,
  startWith,
  switchMap,
  take,
} from 'rxjs';
import { engineError } from '../cluster/engine-error.js';
import { recordedError } from '../error-record.js';
import type { JobFollowing } from '../jobs/job-following.js';
import { inDoubt, type SubmitDesk, type SubmitOrder } from './submit-desk.js';
import type { SubmitOutcome } from './submit-record.js';

/** What a stream of one submit needs. */
export interface GenerateContext {
  readonly desk: SubmitDesk;
  readonly following: JobFollowing;
  /** Rejects when submits are refused on this server. */
  readonly checkDurability: () => Promise<void>;
}

/** The stream of one job that the cluster submits once, however often it is subscribed. */
export function generate$(
  context: GenerateContext,
  request: GenerateRequest,
  order: SubmitOrder,
): Observable<JobState> {
  const { desk, following } = context;
  /** The cluster has the submit, and it was not refused since. */
  let sent = false;
  let settled = false;
  /** The cluster may have the submit, and not only this process. */
  let begun = false;
  /** What this process asks of the cluster about this submit, one after the other. */
  let work: Promise<unknown> = Promise.resolve();

  const read = (outcome: SubmitOutcome): JobState => {
    settled = true;
    if ('receipt' in outcome) {
      following.receive(outcome.receipt);
      return outcome.receipt;
    }
    if (outcome.refused) sent = false;
    throw recordedError(outcome.error);
  };

  const hand = async (prompt: string): Promise<void> => {
    try {
      await context.checkDurability();
      if (!begun && desk.isClosed()) throw closedBefore(prompt);
      begun = true;
      // It may have been taken back since the subscription.
      sent = true;
      await desk.hand(order, prompt);
    } catch (error) {
      // The server has refused it. When the engine was closed meanwhile, the server may have it.
      if (!isWhisulError(error, 'closed') && !desk.isClosed()) sent = false;
      throw error;
    }
  };

  const withdraw = async (): Promise<void> => {
    if (sent && !settled && (await desk.withdraw(order))) sent = begun = false;
  };

  const receipt$ = defer(() => {
    const prompt = parsePrompt(request);
    if (!sent && desk.isClosed()) throw closedBefore(prompt);
    if (!sent) begun = false;
    sent = true;
    settled = false;
    const handed = work.then(() => hand(prompt));
    work = handed.catch(() => undefined);
    return merge(desk.closed$, from(handed)).pipe(
      take(1),
      switchMap(() => desk.outcome$(order, prompt)),
      map(read),
      catchError((error: unknown) => {
        if (!begun && desk.isClosed()) {
          sent = false;
          throw closedBefore(prompt);
        }
        throw sent && !settled ? inDoubt(error, prompt) : engineError(error, { prompt });
      }),
      // A submit that no worker has begun is taken back when nobody waits for it any more.
      finalize(() => {
        if (!settled) work = work.then(withdraw).catch(() => undefined);
      }),
    );
  }).pipe(share({ connector: () => new ReplaySubject(1), resetOnComplete: false }));

  const receive = async (): Promise<JobState> => {
    const prompt = parsePrompt(request);
    await work;
    if (!sent) throw new WhisulError('aborted', 'The submit was taken back. Nothing was submitted.', { prompt });
    return read(await firstValueFrom(desk.outcome$(order, prompt)));
  };

  const states$ = receipt$.pipe(
    switchMap((receipt) => following.follow$(receipt).pipe(startWith(receipt), distinctUntilKeyChanged('status'))),
  );
  registerSubmission(states$, {
    get sent() {
      return sent;
    },
    get receipt() {
      return sent ? receive() : undefined;
    },
  });
  return states$;
}

function closedBefore(prompt: string): WhisulError {
  return new WhisulError('closed', 'The engine was closed. Nothing was submitted.', { prompt });
}
