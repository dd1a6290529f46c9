import type { Observable } from 'rxjs';
import type { WhisulError } from '../model/whisul-error.js';
import type { RecentDurations } from '../polling/duration-history.js';
import type { PollSchedule } from '../polling/poll-schedule.js';
import type { RetryPolicy } from '../polling/retry-policy.js';
import type { Api } from '../http/api.js';
import type { BaseUrl } from '../http/base-url.js';
import type { JobRecords } from './job-record.js';

/** What the parts of one client share. */
export interface ClientContext extends Api {
  readonly base: BaseUrl;
  readonly records: JobRecords;
  readonly durations: RecentDurations;
  readonly schedule: PollSchedule;
  readonly policy: RetryPolicy;
  /** Ms. */
  readonly jobTimeout: number;
  readonly random: () => number;
  readonly isClosed: () => boolean;
  /** Emits when the client is closed; also to late subscribers. */
  readonly closed$: Observable<WhisulError>;
}
