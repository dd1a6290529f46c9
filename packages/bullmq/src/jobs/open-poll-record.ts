import type { Cluster } from '../cluster/cluster.js';
import { toStored } from '../cluster/stored-text.js';
import type { Followers } from './followers.js';
import {
  type PollData,
  type PollNews,
  pollRecordId,
  readLastState,
  readPollData,
  readPollNews,
} from './poll-record.js';

/** What is known of a job that this cluster has just submitted. */
export interface PollRecordOptions {
  readonly receipt?: PollData['receipt'];
  /** Ms until the first poll. */
  readonly delay?: number;
  /** The number of the newest state that the follower knows. */
  readonly newest?: number;
}

/**
 * Makes sure that a job is polled, for a follower that has just come: begins the polling, goes on with one that was
 * parked, and restarts one that has ended in an error.
 *
 * @returns the newest state that is known
 */
export async function openPollRecord(
  cluster: Cluster,
  id: string,
  poll_url?: string,
  { receipt, delay = 0, newest }: PollRecordOptions = {},
): Promise<PollNews | undefined> {
  const { queue } = await cluster.links();
  const recordId = pollRecordId(id);
  const record = await queue.getJob(recordId);
  if (record === undefined) {
    const now = Date.now();
    const data: PollData = {
      id,
      poll_url,
      newest,
      since: now,
      failures: 0,
      ...(receipt && { receipt, submittedAt: now }),
    };
    // Where another process was faster, its record stays.
    await queue.add('poll', toStored(data), { jobId: recordId, delay, priority: cluster.server.pollPriority });
    return receipt && { n: 0, state: receipt };
  }
  const news = readPollNews(record);
  if (news && 'error' in news) {
    // Fails where another process was faster.
    await record.retry(record.failedReason ? 'failed' : 'completed').catch(() => undefined);
    return readLastState(record);
  }
  const { parkedUntil } = readPollData(record);
  // Fails where it is being polled already.
  if (parkedUntil !== undefined) await record.changeDelay(Math.max(0, parkedUntil - Date.now())).catch(() => undefined);
  return news;
}

/**
 * The newest state, for a follower that may have missed events. A record that is gone, or parked as if nobody followed the
 * job, says that the server has lost something: the follower is entered, and the polling goes on.
 */
export async function rereadPollRecord(
  cluster: Cluster,
  followers: Followers,
  id: string,
  newest: number,
): Promise<PollNews | undefined> {
  const { queue } = await cluster.links();
  const record = await queue.getJob(pollRecordId(id));
  if (record && (record.finishedOn || readPollData(record).parkedUntil === undefined)) return readPollNews(record);
  await followers.enterAgain(id);
  return openPollRecord(cluster, id, undefined, { newest });
}
