import { defer, distinctUntilKeyChanged, filter, type Observable, startWith, switchMap } from 'rxjs';
import { parsePrompt } from '../model/job-ref.js';
import type { CompletedJob, JobState } from '../model/job-schema.js';
import type { GenerateRequest } from '../model/job-source.js';
import { registerSubmission } from '../model/submission.js';
import { throwIfFailed } from '../operators/throw-if-failed.js';
import type { ClientContext } from './client-context.js';
import { followJob$ } from './follow-job.js';
import { type JobSubmission, submitJob } from './submit-job.js';
import { toPromise } from './to-promise.js';

/** Submits a prompt once, however often it is subscribed, and follows the job: `submitted`, then each change. */
export function generate$(client: ClientContext, request: GenerateRequest): Observable<JobState> {
  let submission: JobSubmission | undefined;
  const states$ = defer(() => statesOf$(client, (submission ??= submitJob(client, parsePrompt(request)))));
  registerSubmission(states$, {
    get sent() {
      return submission?.sent ?? false;
    },
    get receipt() {
      return submission?.receipt;
    },
  });
  return states$;
}

/** The same as a promise of the finished song. Aborting it ends the waiting, not the job. */
export function generate(
  client: ClientContext,
  request: GenerateRequest,
  signal: AbortSignal | undefined,
): Promise<CompletedJob> {
  const submission = submitJob(client, parsePrompt(request));
  const isCompleted = (job: JobState): job is CompletedJob => job.status === 'completed';
  const song$ = statesOf$(client, submission).pipe(throwIfFailed(), filter(isCompleted));
  return toPromise(song$, signal, submission.abortedError);
}

function statesOf$(client: ClientContext, { submitted$ }: JobSubmission): Observable<JobState> {
  return submitted$.pipe(
    switchMap(({ record, receipt }) =>
      defer(() => followJob$(client, client.records.get(record.id) ?? record)).pipe(
        // A paid id is emitted whatever else is known by now, and also if the client was closed meanwhile.
        startWith(receipt),
        distinctUntilKeyChanged('status'),
      ),
    ),
  );
}
