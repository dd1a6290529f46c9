import { map, type Observable, takeUntil } from 'rxjs';
import { callError } from './answer-error.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import type { Job } from './job-schema.js';
import { openRecord } from './open-record.js';
import { readJobAnswer } from './read-job-answer.js';
import type { ApiCall } from './pending-request.js';
import { request$ } from './request.js';
import { drawRandom, retryWait } from './retry-policy.js';

/** One status request, without retries; a 429 closes the gate all the same. */
export function getJob$(context: ClientContext, ref: { id: string; poll_url?: string }): Observable<Job> {
  const record = openRecord(context, ref);
  const call: ApiCall<Job> & { readonly jobId: string } = {
    jobId: record.id,
    lastState: () => record.state,
    method: 'GET',
    url: record.url,
    read: (answer) =>
      readJobAnswer(call, answer, (message) => {
        context.events.emit({ type: 'warning', message }, record.id);
      }),
    recover: (error) => {
      closeGate(context, error, retryWait(context.policy, 1, drawRandom(context.random)));
      return false;
    },
  };
  return request$(context, call).pipe(
    takeUntil(
      context.closed$.pipe(
        map(() => {
          throw callError(call, 'closed', 'The client was closed.');
        }),
      ),
    ),
  );
}
