import type { JobEngine, JobState } from '@whisul-rx/core';
import {
  catchError,
  concatMap,
  firstValueFrom,
  from,
  map,
  merge,
  NEVER,
  of,
  race,
  take,
  tap,
  type Observable,
} from 'rxjs';
import { submitRefusal, toRefusal, type Refusal } from '../../wire/refusal.js';
import type { AnswerForm } from '../requests/accept.js';
import { admit } from './admission.js';
import { jsonAnswer, nobody, refusalAnswer, sendAway, tooBusy, type Answer } from './answer.js';
import type { GatewayContext } from './gateway-context.js';
import type { GatewayRequest } from '../requests/gateway-request.js';
import { outlive } from './outlive.js';
import { ownerRefusal, recordOwner } from './record-owner.js';
import { requestedPrompt } from '../requests/requested-prompt.js';
import { responseHead } from './response-head.js';
import type { Seat } from '../feeds/seats.js';
import { sourceFeed } from '../feeds/source-feed.js';
import { inDoubtAfter, submittedJob$ } from './submit-job.js';

/** Answers POST: starts a job, and tells where it is or streams its states. */
export function startJob(
  context: GatewayContext,
  request: GatewayRequest,
  form: AnswerForm,
  base: string,
  engine: JobEngine,
): Promise<Answer> {
  return admit(context, request, [], sendAway.json, async ({ seat }) => {
    const prompt = await requestedPrompt(request, context.closing$);
    if (request.isGone()) return nobody;
    if (context.isClosing()) return sendAway.json();
    if (typeof prompt !== 'string') return refusalAnswer(prompt);
    if (context.submits >= context.settings.maxSubmits) {
      return tooBusy('The server is starting as many jobs as it may. This one was not started; send it again later.');
    }
    let jobId: string | undefined;
    const states$ = ownedJob$(context, request, engine, prompt, seat).pipe(
      tap(({ job_id }) => {
        jobId = job_id;
      }),
    );
    const explain = (error: unknown): Refusal =>
      ownerRefusal(error) ?? (jobId === undefined ? submitRefusal(error) : toRefusal(error, jobId));
    if (form === 'stream') {
      const feed = sourceFeed(context.feeds, states$.pipe(inDoubtAfter(context.closing$)), explain);
      feed.occupy(seat);
      return responseHead(request, feed, () => true);
    }
    const answer$ = states$.pipe(
      take(1),
      map(({ job_id }) => receipt(base, job_id)),
      catchError((error: unknown) => of(refusalAnswer(explain(error)))),
    );
    return firstValueFrom(race(answer$, request.gone$.pipe(map(() => nobody))));
  });
}

/**
 * The states of the job that a prompt starts, once it is recorded whose it is. It counts as being submitted, and keeps
 * its place, until its outcome is known, whether the client is still there or not: its job may be paid for.
 */
function ownedJob$(
  context: GatewayContext,
  request: GatewayRequest,
  engine: JobEngine,
  prompt: string,
  seat: Seat,
): Observable<JobState> {
  const { onSubmitted } = context.settings;
  const { closing$, pending } = context;
  const begin = (): (() => void) => {
    context.submits += 1;
    pending.enter();
    seat.keep();
    return () => {
      context.submits -= 1;
      pending.leave();
      seat.release();
    };
  };
  const states$ = submittedJob$(engine, prompt, merge(closing$, request.gone$));
  if (onSubmitted === undefined) return states$.pipe(outlive(begin, closing$));
  const owned$ = states$.pipe(
    concatMap((state, index) =>
      index > 0 ? of(state) : from(recordOwner(onSubmitted, request, state)).pipe(map(() => state)),
    ),
  );
  return owned$.pipe(outlive(begin, NEVER));
}

function receipt(base: string, jobId: string): Answer {
  const url = `${base}/${encodeURIComponent(jobId)}`;
  return jsonAnswer(202, JSON.stringify({ job_id: jobId, poll_url: url, events_url: url }));
}
