import { distinctUntilKeyChanged, Observable, of, startWith } from 'rxjs';
import { callError } from '../http/answer-error.js';
import type { ClientContext } from './client-context.js';
import { isTerminal } from '../model/is-terminal.js';
import { JobLoop } from './job-loop.js';
import type { JobRecord } from './job-record.js';
import type { Job } from '../model/job-schema.js';
import type { WhisulError } from '../model/whisul-error.js';

/**
 * The transitions of one job, from one loop that all subscribers share: the latest state at once where there is one,
 * then each change of status; completes with the terminal one.
 */
export function followJob$(context: ClientContext, record: JobRecord): Observable<Job> {
  const { state } = record;
  const job = state?.status === 'submitted' ? undefined : state;
  const live$ = new Observable<Job>((subscriber) => {
    // Whoever got the latest state may have closed the client, or made it forget the job, before this.
    const known = context.records.get(record.id) ?? record;
    if (context.isClosed()) subscriber.error(closedError(known));
    else return (known.loop ?? new JobLoop(context, known)).join(subscriber);
    return undefined;
  });
  if (job === undefined || context.isClosed()) return live$;
  return isTerminal(job) ? of(job) : live$.pipe(startWith(job), distinctUntilKeyChanged('status'));
}

/** What a job's stream ends with when the client is closed. */
export function closedError(record: JobRecord): WhisulError {
  return callError({ jobId: record.id, lastState: () => record.state }, 'closed', 'The client was closed.');
}
