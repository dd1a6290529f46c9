import type { JobState } from '../model/job-schema.js';

/**
 * What a journal keeps of one item of a batch, by its `key`.
 *
 * - `submitting`: the POST is about to be sent, or was; whether it arrived is unknown until the next entry
 * - `rejected`: provably not accepted; the next run submits the item again
 * - `submitted`: accepted, and `job` carries its id
 * - `completed`, `failed`: finished, and `job` is the final state
 *
 * `attempt` counts from 1; `at` is when the entry was made, in epoch ms; that of a `submitting` is
 * when the POST was sent that is in doubt, also after a later one of the same prompt was refused.
 */
export type JournalEntry = {
  key: string;
  prompt: string;
  attempt: number;
  state: 'submitting' | 'rejected' | 'submitted' | 'completed' | 'failed';
  at: number;
  job?: JobState;
};

/**
 * Where a batch writes down what it is about to pay for, so that no crash makes it pay twice.
 * `memoryJournal()` forgets with the process; `openJournal()` of `@whisul-rx/journal` survives a crash.
 * An own journal keeps one promise above all: an entry is durable when `put` resolves.
 *
 * @example
 * ```ts
 * import { memoryJournal, type Journal, type Whisul } from '@whisul-rx/core';
 *
 * const makeAll = (whisul: Whisul, prompts: string[], journal: Journal = memoryJournal()) =>
 *   whisul.batch$(prompts, { journal });
 * ```
 */
export interface Journal {
  /** The latest entry of a key. */
  get(key: string): Promise<JournalEntry | undefined>;
  /** Replaces the entry of `entry.key`; resolves when the new one is durable. */
  put(entry: JournalEntry): Promise<void>;
  /** The latest entry of every key, read as they are asked for. */
  entries(): AsyncIterable<JournalEntry>;
  /**
   * A batch calls it before it sends a POST, and again when it is left or stopped by its `signal`, with a promise that
   * settles when everything that came of the POST so far is written down. `close()` waits for these promises, so that
   * the id of a paid job is never lost to it. Throws once `close()` was called: then the POST is not sent.
   * `pendingReceipts()` of `@whisul-rx/core/adapter` is all this. A journal without `hold` is not told, and closes at once.
   */
  hold?(written: Promise<unknown>): void;
  /**
   * Waits until the receipt of every POST in flight is written, of every batch on this journal, also of one that was
   * left; then frees what the journal holds. Closing again does nothing; any other use afterwards fails with code
   * `journal`. The journals of this project wait for at most two minutes; a receipt that comes later cannot be written
   * and is reported: by the batch's stream, or, if nobody listens to it, as an unhandled error.
   */
  close(): Promise<void>;
}
