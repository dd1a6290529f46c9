import { jobStateSchema } from '@whisul-rx/core';
import type { Job as QueueJob } from 'bullmq';
import * as z from 'zod/mini';
import { engineError } from '../cluster/engine-error.js';
import type { RecordEvent } from '../cluster/record-events.js';
import { fromStored } from '../cluster/stored-text.js';
import { errorRecordSchema } from '../error-record.js';

/** What the cluster keeps of one submit. Only the worker that holds the record changes it. */
const submitDataSchema = z.object({
  prompt: z.string(),
  /** `submitting` is written before the POST: a worker that finds it does not know whether the POST was sent. */
  state: z.enum(['pending', 'submitting', 'submitted']),
  /** When the POST was about to be sent, in epoch ms. */
  at: z.optional(z.number()),
  receipt: z.optional(jobStateSchema),
  /** Where the outcome is kept for longer than this record: the space of a named batch. */
  space: z.optional(z.string()),
});
export type SubmitData = z.infer<typeof submitDataSchema>;

/** What became of a submit: a job, or an error after which it was provably not accepted, or may have been. */
const outcomeSchema = z.union([
  z.object({ receipt: jobStateSchema }),
  z.object({ error: errorRecordSchema, refused: z.boolean() }),
]);
export type SubmitOutcome = z.infer<typeof outcomeSchema>;

export function submitRecordId(submitId: string): string {
  return `s-${submitId}`;
}

export function readSubmitData(record: QueueJob<unknown, unknown>): SubmitData {
  return submitDataSchema.parse(fromStored(record.data));
}

export function parseOutcome(json: string): SubmitOutcome {
  const value: unknown = JSON.parse(json);
  return outcomeSchema.parse(value);
}

/** What a record has ended with. */
export function readOutcome(record: QueueJob<unknown, unknown>): SubmitOutcome | undefined {
  if (!record.finishedOn) return undefined;
  const { prompt, receipt } = readSubmitData(record);
  // Written down late, by a worker that was held up and had been taken for dead.
  if (receipt) return { receipt };
  return outcomeOf(
    record.failedReason ? { failure: record.failedReason } : { result: fromStored(record.returnvalue) },
    prompt,
  );
}

/** What an event says of the end of a submit. A record that BullMQ gave up is in doubt. */
export function outcomeOf(event: RecordEvent, prompt: string): SubmitOutcome | undefined {
  if ('progress' in event) return undefined;
  if ('result' in event) return outcomeSchema.parse(event.result);
  const { message } = engineError(event.failure);
  const doubt = `${message} The prompt may have been accepted and charged; it is not sent again.`;
  return { error: { code: 'submit_unknown', message: doubt, prompt }, refused: false };
}

/** Where the outcomes of a named batch are kept, by the ids of their records. */
export function outcomesOf(space: string): string {
  return `outcomes:${space}`;
}
