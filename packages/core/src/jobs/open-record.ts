import { pollPath, resolvePollUrl } from '../http/base-url.js';
import type { ClientContext } from './client-context.js';
import type { JobRecord } from './job-record.js';
import type { SubmittedJob } from '../model/job-schema.js';
import { nextGapOrSound } from '../polling/poll-schedule.js';

/** The URL that a `poll_url` means, unless the key must not go there: then `events$` hears of it. */
export function usePollUrl({ base, events }: ClientContext, id: string, given: unknown): string | undefined {
  const url = typeof given === 'string' ? resolvePollUrl(base, id, given) : undefined;
  if (url === undefined) {
    const shown = JSON.stringify(String(given).slice(0, 200));
    const message = `The poll_url ${shown} does not lead to this job below the base URL; ${pollPath(id)} is polled instead.`;
    events.warn(message, id);
  }
  return url;
}

/** What the client knows of a job; a new record where it knows nothing. */
export function openRecord(context: ClientContext, { id, poll_url }: { id: string; poll_url?: string }): JobRecord {
  const { base, records, now } = context;
  const known = records.get(id);
  if (known !== undefined) return known;
  const path = pollPath(id);
  const given = poll_url === undefined || poll_url === path ? undefined : usePollUrl(context, id, poll_url);
  return newRecord(id, given ?? base.origin + base.path + path, now());
}

/** A job that this client submitted itself, and its receipt. */
export interface Submitted {
  readonly record: JobRecord;
  readonly receipt: SubmittedJob;
}

/** Remembers a job that this client has just submitted; its first poll is one step of the schedule away. */
export function recordSubmitted(context: ClientContext, receipt: SubmittedJob): Submitted {
  const { records, schedule, durations } = context;
  const now = context.now();
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
    failures: 0,
    notBefore: -Infinity,
    sentAt: undefined,
    unknown: false,
    transitions$: undefined,
    subscribers$: undefined,
  };
}
