import { type Observable, tap } from 'rxjs';
import type { Job } from '../model/job-schema.js';
import { failWhen } from '../polling/fail-when.js';
import { retryWait } from '../polling/retry-policy.js';
import { callError } from '../http/answer-error.js';
import type { ApiAnswer } from '../http/api-answer.js';
import type { ApiCall } from '../http/api.js';
import { request$ } from '../http/request.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import { openRecord } from './open-record.js';
import { readJobAnswer } from './read-job-answer.js';
import { toPromise } from './to-promise.js';

/** One status request, without retries. A 429 closes the gate all the same. */
export function getJob(
  client: ClientContext,
  ref: { id: string; poll_url?: string },
  signal: AbortSignal | undefined,
): Promise<Job> {
  const { closed$, events, policy, random, records } = client;
  const record = openRecord(client, ref);
  const call: ApiCall<Job> & { jobId: string } = {
    method: 'GET',
    url: record.url,
    jobId: record.id,
    read: (answer: ApiAnswer): Job => readJobAnswer(events, call, answer),
    lastState: () => (records.get(record.id) ?? record).state,
  };
  const job$: Observable<Job> = request$(client, call).pipe(
    tap({
      error: (error: unknown) => {
        closeGate(client, error, retryWait(policy, 1, random));
      },
    }),
    failWhen(closed$, () => callError(call, 'closed', 'The client was closed.')),
  );
  return toPromise(job$, signal, () => callError(call, 'aborted', 'The call was aborted.'));
}
