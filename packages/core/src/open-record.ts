import { pollPath, resolvePollUrl } from './base-url.js';
import type { ClientContext } from './client-context.js';
import type { JobRecord } from './job-record.js';
import type { SubmittedJob } from './job-schema.js';
import { nextGapOrSound } from './poll-schedule.js';

/** The URL to poll a job at: what `poll_url` means, unless the key must not go there. */
function pollUrl({ base, events }: ClientContext, id: string, given: string | undefined): string {
  const own = base.origin + base.path + pollPath(id);
  if (given === undefined || given === pollPath(id)) return own;
  const meant = resolvePollUrl(base, id, given);
  if (meant === undefined) {
    const message = `The poll_url ${JSON.stringify(given.slice(0, 200))} does not lead to this job below the base URL; ${pollPath(id)} is polled instead.`;
    events.emit({ type: 'warning', message }, id);
  }
  return meant ?? own;
}

/** What the client knows of a job; a new record where it knows nothing. */
export function openRecord(context: ClientContext, ref: { id: string; poll_url?: string }): JobRecord {
  const { records, alarms } = context;
  return records.get(ref.id) ?? newRecord(ref.id, pollUrl(context, ref.id, ref.poll_url), alarms.now());
}

/** A job that this client submitted itself, and its receipt. */
export interface Submitted {
  readonly record: JobRecord;
  readonly receipt: SubmittedJob;
}

/** Remembers a job that this client has just submitted; its first poll is one step of the schedule away. */
export function recordSubmitted(context: ClientContext, receipt: SubmittedJob): Submitted {
  const { records, alarms, schedule, durations } = context;
  const now = alarms.now();
  // A client may know the id already, and follow it: then there is one loop all the same.
  const record = openRecord(context, { id: receipt.job_id, poll_url: receipt.poll_url });
  record.submittedAt = now;
  record.state ??= receipt;
  if (record.polls === 0) record.notBefore = now + nextGapOrSound(schedule, { polls: 0, elapsed: 0, durations });
  records.keep(record);
  return { record, receipt };
}

function newRecord(id: string, url: string, firstSeen: number): JobRecord {
  return {
    id,
    url,
    firstSeen,
    submittedAt: undefined,
    state: undefined,
    answer: undefined,
    polls: 0,
    notBefore: 0,
    loop: undefined,
  };
}
