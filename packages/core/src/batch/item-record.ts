import type { JobState } from '../model/job-schema.js';
import type { WhisulError } from '../model/whisul-error.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, inDoubt, journalFailed } from './batch-problem.js';
import type { Journal, JournalEntry } from './journal.js';

/** What is asked for: one prompt of the source, and what it is called. */
export interface ItemRequest {
  readonly index: number;
  readonly key: string;
  readonly prompt: string;
}

/** Where an item goes on: with a job that is known, or with a submit. */
export interface ItemPlace {
  readonly attempt: number;
  readonly job?: JobState | undefined;
}

/** What the journal knows and is told of one item. Whatever the journal throws goes to `failed` as well. */
export class ItemRecord {
  readonly #journal: Journal;
  readonly #key: string;
  readonly #prompt: string;
  readonly #failed: (failure: WhisulError) => void;
  /** When the POST was sent that an earlier run learnt no answer to. A refusal of a later one does not settle that. */
  #doubt: number | undefined;

  constructor(journal: Journal, { key, prompt }: ItemRequest, failed: (failure: WhisulError) => void) {
    this.#journal = journal;
    this.#key = key;
    this.#prompt = prompt;
    this.#failed = failed;
  }

  /** Resolves with a problem where the item can only be reported. */
  async find(onUnknown: BatchSettings['onUnknown']): Promise<ItemPlace | WhisulError> {
    try {
      const entry = await this.#journal.get(this.#key);
      return entry ? this.#read(entry, onUnknown) : { attempt: 1 };
    } catch (cause) {
      return this.#failure('read', cause);
    }
  }

  /** Resolves when the entry is durable, or with what kept it from being. */
  async write(
    state: JournalEntry['state'],
    attempt: number,
    job?: JobState,
    at = Date.now(),
  ): Promise<WhisulError | undefined> {
    try {
      await this.#journal.put({ key: this.#key, prompt: this.#prompt, attempt, state, at, ...(job && { job }) });
      return undefined;
    } catch (cause) {
      return this.#failure(`record as ${state}`, cause);
    }
  }

  /** This POST was provably not accepted, or not begun; an earlier one of the same prompt may have been all the same. */
  refuse(attempt: number): Promise<WhisulError | undefined> {
    return this.#doubt === undefined
      ? this.write('rejected', attempt)
      : this.write('submitting', attempt, undefined, this.#doubt);
  }

  #read({ state, prompt, attempt, at, job }: JournalEntry, onUnknown: BatchSettings['onUnknown']) {
    if (state === 'rejected') return { attempt };
    if (prompt !== this.#prompt)
      return conflict(
        this.#key,
        this.#prompt,
        'is in the journal with another prompt. Give this item a key of its own, or the batch another journal',
      );
    if (state !== 'submitting' && job) return { attempt, job };
    this.#doubt = at;
    return state === 'submitting' && onUnknown === 'resubmit' ? { attempt } : inDoubt(this.#key, prompt, at);
  }

  #failure(doing: string, cause: unknown): WhisulError {
    const failure = journalFailed(this.#key, doing, cause);
    this.#failed(failure);
    return failure;
  }
}
