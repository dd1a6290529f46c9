import { distinctUntilKeyChanged, Observable, of, startWith } from 'rxjs';
import type { ClientContext } from './client-context.js';
import { isTerminal } from './is-terminal.js';
import { JobLoop } from './job-loop.js';
import type { JobRecord } from './job-record.js';
import type { Job } from './job-schema.js';

/**
 * The transitions of one job, from one loop that all subscribers share: the latest state at once where there is one,
 * then each change of status; completes with the terminal one.
 */
export function followJob$(context: ClientContext, record: JobRecord): Observable<Job> {
  const { state } = record;
  const job = state?.status === 'submitted' ? undefined : state;
  if (job !== undefined && isTerminal(job)) return of(job);
  const live$ = new Observable<Job>((subscriber) => (record.loop ?? new JobLoop(context, record)).join(subscriber));
  return job === undefined ? live$ : live$.pipe(startWith(job), distinctUntilKeyChanged('status'));
}
