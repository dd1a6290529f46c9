import { jobStateSchema, type JobState, type WhisulError } from '@whisul-rx/core';
import type { Job as QueueJob } from 'bullmq';
import * as z from 'zod/mini';
import { engineError } from '../cluster/engine-error.js';
import { indexed } from '../cluster/hash-of.js';
import { unpacked } from '../cluster/packed.js';
import type { RecordEvent } from '../cluster/record-events.js';
import { errorRecordSchema, recordedError } from '../error-record.js';

/** What the cluster keeps of the polling of one job. Only the worker that holds the record changes it. */
const pollDataSchema = z.object({
  id: z.string(),
  poll_url: z.optional(z.string()),
  /** The receipt of a job that this cluster submitted, and when that was, in epoch ms. */
  receipt: z.optional(jobStateSchema),
  submittedAt: z.optional(z.number()),
  /** When the first follower came, in epoch ms; 0: that is now. `jobTimeout` counts from here. */
  since: z.number(),
  /** The number of the newest state that was known when a lost record was begun again: clocks differ. */
  newest: z.optional(z.number()),
  /** Failed polls in a row. */
  failures: z.number(),
  /** Set while nobody follows the job: polling may go on from this time on, in epoch ms. */
  parkedUntil: z.optional(z.number()),
});
export type PollData = z.infer<typeof pollDataSchema>;

/** A state with its place in the order of all states of this job; epoch ms, or more, so that it grows from record to record. */
const newsSchema = z.object({ n: z.number(), state: jobStateSchema });
const endSchema = z.union([newsSchema, z.object({ n: z.number(), error: errorRecordSchema })]);

/** The newest thing that is known of a job. */
export type PollNews =
  { readonly n: number; readonly state: JobState } | { readonly n: number; readonly error: WhisulError };
/** What a poll record ends with. */
export type PollEnd = z.infer<typeof endSchema>;

/** BullMQ refuses ids that are numbers or hold a colon. A number sign of the job's own is encoded. */
export function pollRecordId(jobId: string): string {
  return `g-${indexed(jobId, encodeURIComponent(jobId))}`;
}

export function readPollData(record: QueueJob<unknown, unknown>): PollData {
  return pollDataSchema.parse(unpacked(record.data));
}

/** The newest thing that a record holds. */
export function readPollNews(record: QueueJob<unknown, unknown>): PollNews | undefined {
  if (!record.finishedOn) return readLastState(record);
  const { id } = readPollData(record);
  return newsOf(record.failedReason ? { failure: record.failedReason } : { result: record.returnvalue }, id);
}

/** The newest state that polls have found, or the receipt, whatever became of the polling since. */
export function readLastState(record: QueueJob<unknown, unknown>): z.infer<typeof newsSchema> | undefined {
  const progress = newsSchema.safeParse(unpacked(record.progress));
  if (progress.success) return progress.data;
  const { receipt } = readPollData(record);
  return receipt && { n: 0, state: receipt };
}

/** What an event of a record says. */
export function newsOf(event: RecordEvent, jobId: string): PollNews {
  // Whatever the clocks say, it is newer than the states, of which none follows.
  if ('failure' in event) return { n: Infinity, error: engineError(event.failure, { jobId }) };
  const news =
    'progress' in event ? newsSchema.parse(unpacked(event.progress)) : endSchema.parse(unpacked(event.result));
  return 'error' in news ? { n: news.n, error: recordedError(news.error) } : news;
}
