import type { JobState } from '../model/job-schema.js';
import type { WhisulError } from '../model/whisul-error.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, inDoubt, journalFailed, ofJob } from './batch-problem.js';
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

/** What the journal knows and is told of one item. */
export class ItemRecord {
  readonly #journal: Journal;
  readonly #key: string;
  readonly #prompt: string;
  readonly #failed: (failure: WhisulError, lost?: WhisulError) => void;
  /** When the POST was sent whose answer an earlier run did not get. A refusal of a later one does not settle that. */
  #doubt: number | undefined;
  #written: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /**
   * @param failed - hears of whatever the journal throws; `lost` is what the journal does not know because of it, if that
   * concerns a POST that was sent
   */
  constructor(
    journal: Journal,
    { key, prompt }: ItemRequest,
    failed: (failure: WhisulError, lost?: WhisulError) => void,
  ) {
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

  /** Before a POST. From here on the journal is not closed before `release()`. */
  async begin(attempt: number): Promise<WhisulError | undefined> {
    try {
      this.#journal.hold?.(this.#pending());
      await this.#put('submitting', attempt);
      return undefined;
    } catch (cause) {
      return this.#failure('record as submitting', cause);
    }
  }

  /** Resolves when the entry is durable, or with what kept it from being. */
  write(state: 'submitted' | 'completed' | 'failed', attempt: number, job: JobState): Promise<WhisulError | undefined> {
    return this.#record(state, attempt, job);
  }

  /** This POST was provably not accepted, or not begun; an earlier one of the same prompt may have been all the same. */
  refuse(attempt: number): Promise<WhisulError | undefined> {
    return this.#doubt === undefined
      ? this.#record('rejected', attempt)
      : this.#record('submitting', attempt, undefined, this.#doubt);
  }

  /** Keeps the journal open until `release()`. @returns resolves then */
  hold(): Promise<void> {
    const written = this.#pending();
    try {
      this.#journal.hold?.(written);
    } catch {
      // It is being closed, and waits for what was begun before.
    }
    return written;
  }

  /** Everything that came of the item so far is written down. */
  release(): void {
    this.#written?.resolve();
    this.#written = undefined;
  }

  #pending(): Promise<void> {
    this.#written ??= withResolver();
    return this.#written.promise;
  }

  #put(state: JournalEntry['state'], attempt: number, job?: JobState, at = Date.now()): Promise<void> {
    return this.#journal.put({ key: this.#key, prompt: this.#prompt, attempt, state, at, ...(job && { job }) });
  }

  async #record(
    state: JournalEntry['state'],
    attempt: number,
    job?: JobState,
    at?: number,
  ): Promise<WhisulError | undefined> {
    try {
      await this.#put(state, attempt, job, at);
      return undefined;
    } catch (cause) {
      const failure = journalFailed(this.#key, `record as ${state}`, cause);
      this.#failed(failure, job ? ofJob(failure, job) : failure);
      return failure;
    }
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

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
