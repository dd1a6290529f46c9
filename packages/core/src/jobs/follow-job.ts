import {
  defer,
  distinctUntilKeyChanged,
  finalize,
  type Observable,
  of,
  share,
  startWith,
  Subject,
  throwError,
} from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import { longTimer$ } from '../polling/long-timer.js';
import { pollLoop$ } from '../polling/poll-loop.js';
import { within } from '../polling/within.js';
import { request$ } from '../http/request.js';
import type { ClientContext } from './client-context.js';
import { JobPoll } from './job-poll.js';
import type { JobRecord } from './job-record.js';

/**
 * The states of one job: the latest one at once, if any is known, then each change of status. Completes with the
 * terminal state. All subscribers share one loop.
 */
export function followJob$(client: ClientContext, record: JobRecord): Observable<JobState> {
  const { state } = record;
  const live$ = defer((): Observable<JobState> => {
    // The subscriber that just got the latest state may have closed the client, or made it forget the job.
    const known = client.records.get(record.id) ?? record;
    if (client.isClosed()) return throwError(() => new JobPoll(client, known).closedError());
    return known.state === state ? (known.transitions$ ??= transitions$(client, known)) : followJob$(client, known);
  });
  if (state === undefined || client.isClosed()) return live$;
  return isTerminal(state) ? of(state) : live$.pipe(startWith(state), distinctUntilKeyChanged('status'));
}

/** Polls a job until it ends, once for all subscribers. */
function transitions$(client: ClientContext, record: JobRecord): Observable<JobState> {
  const { jobTimeout, records, scheduler } = client;
  const polling$ = defer(() => {
    const poll = new JobPoll(client, record);
    const { subscribers$ } = record;
    return pollLoop$<JobState>({
      due$: defer(() => longTimer$(poll.dueIn(), scheduler)),
      ask$: request$(client, poll),
      onFailure: poll.onFailure,
      isTerminal,
    }).pipe(
      distinctUntilKeyChanged('status'),
      within(jobTimeout, scheduler, () => poll.timeoutError()),
      finalize(() => {
        // A subscriber may have come back on the error, before this loop was torn down.
        if (record.subscribers$ !== subscribers$) return;
        record.subscribers$ = undefined;
        records.keep(record);
      }),
    );
  });
  return polling$.pipe(
    share({
      // The latest state is in the record, where it outlives the loop: a plain Subject is enough.
      connector: () => {
        record.subscribers$ = new Subject<JobState>();
        records.keep(record);
        return record.subscribers$;
      },
    }),
  );
}
