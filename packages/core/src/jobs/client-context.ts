import type { Observable } from 'rxjs';
import type { BaseUrl } from '../http/base-url.js';
import type { RecentDurations } from '../polling/duration-history.js';
import type { JobCall } from './get-job.js';
import type { JobLoop } from './job-loop.js';
import type { JobRecords } from './job-record.js';
import type { LinkedList } from '../polling/linked-list.js';
import type { PollSchedule } from '../polling/poll-schedule.js';
import type { Api } from '../http/pending-request.js';
import type { RetryPolicy } from '../polling/retry-policy.js';
import type { Timeouts } from '../polling/timeouts.js';
import type { WhisulError } from '../model/whisul-error.js';

/** What the parts of one client share. */
export interface ClientContext extends Api {
  readonly base: BaseUrl;
  readonly records: JobRecords;
  /** Single status requests under way. */
  readonly calls: LinkedList<JobCall>;
  readonly durations: RecentDurations;
  readonly schedule: PollSchedule;
  readonly policy: RetryPolicy;
  readonly jobTimeout: number;
  readonly jobTimeouts: Timeouts<JobLoop>;
  readonly random: () => number;
  isClosed(): boolean;
  /** Emits the error for submits when the client is closed; late subscribers get it too. */
  readonly closed$: Observable<WhisulError>;
}
