import type { Observer } from 'rxjs';
import type { JobEngine } from '../job-source.js';
import { isWhisulError, WhisulError } from '../whisul-error.js';
import { BatchItem } from './batch-item.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, reason, unsent } from './batch-problem.js';
import type { BatchEvent } from './batch.js';
import type { Journal } from './journal.js';
import { openSource, type BatchInput, type Source } from './open-source.js';
import { readRequest } from './read-request.js';

/**
 * The unfinished items of each journal, whichever run they belong to: a run that was left may still be writing down
 * what became of its last POSTs, and the next run has to wait for that.
 */
const unfinished = new WeakMap<Journal, Map<string, BatchItem>>();

/** One pass over a source: pulls, starts and counts; an item does the rest itself. */
export class BatchRun {
  readonly engine: JobEngine;
  readonly settings: BatchSettings;
  readonly live: Map<string, BatchItem>;
  /** Items whose turn to be sent has come; they wait here only while `maxSubmits` is not decided. */
  readonly waiting: BatchItem[] = [];
  /** POSTs that were accepted, are in doubt, or are on their way. */
  submits = 0;
  /** Those of them that are on their way. */
  undecided = 0;
  fatal: WhisulError | undefined;
  left = false;
  readonly #observer: Observer<BatchEvent>;
  readonly #seen = new Set<string>();
  #source: Source | undefined;
  #index = 0;
  #open = 0;
  #ended = false;
  /** The source was asked and has not answered, or is closing. */
  #asked = false;
  #closing = false;
  #pumping = false;

  constructor(engine: JobEngine, settings: BatchSettings, observer: Observer<BatchEvent>) {
    const { journal } = settings;
    this.engine = engine;
    this.settings = settings;
    this.#observer = observer;
    this.live = (journal && unfinished.get(journal)) ?? new Map<string, BatchItem>();
    if (journal) unfinished.set(journal, this.live);
  }

  start(requests: BatchInput): void {
    try {
      this.#source = openSource(requests);
    } catch (error) {
      this.#fail(error, isWhisulError(error, 'invalid_request') ? error : undefined);
    }
    this.pump();
  }

  emit(event: BatchEvent): void {
    if (!this.left) this.#observer.next(event);
  }

  problem(index: number, key: string, error: WhisulError): void {
    this.emit({ type: 'problem', index, key, error });
  }

  /** A loop and not a recursion: an engine that answers at once must not grow the stack with every item. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.running()) {
      if (this.waiting.length > 0) {
        if (this.submits < this.settings.maxSubmits) this.waiting.shift()?.send();
        else if (this.undecided > 0) break;
        else
          this.stop(new WhisulError('submit_limit', `The batch needs more than maxSubmits = ${this.submits} submits.`));
      } else if (!this.#ended && !this.#asked && this.#open < this.settings.concurrency) this.#pull();
      else break;
    }
    this.#pumping = false;
    if (this.#open > 0 || this.#closing || this.left) return;
    if (this.fatal) this.#observer.error(this.fatal);
    else if (this.#ended) this.#observer.complete();
  }

  running(): boolean {
    return !this.left && !this.fatal;
  }

  /** Nothing more is pulled or sent; what is in flight is watched to its end, then the stream errors. */
  stop(fatal: WhisulError): void {
    if (!this.running()) return;
    this.fatal = fatal;
    this.#close();
    for (const item of this.waiting.splice(0)) item.halt();
    for (const item of this.#own()) item.withdraw();
    this.pump();
  }

  leave(): void {
    this.left = true;
    this.#close();
    for (const item of this.waiting.splice(0)) item.halt();
    for (const item of this.#own()) item.leave();
  }

  /** An item has ended. */
  done(): void {
    this.#open -= 1;
    this.pump();
  }

  #own(): BatchItem[] {
    return [...this.live.values()].filter((item) => item.run === this);
  }

  #pull(): void {
    try {
      if (!this.#source) return;
      if (!this.#source.async) {
        this.#accept(this.#source.items.next());
        return;
      }
      this.#asked = true;
      Promise.resolve(this.#source.items.next()).then(
        (step) => {
          this.#asked = false;
          this.#accept(step);
          this.pump();
        },
        (error: unknown) => {
          this.#asked = false;
          this.#fail(error);
        },
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(step: IteratorResult<unknown>): void {
    if (this.left) return;
    let item: unknown;
    try {
      if (step.done) {
        this.#ended = true;
        return;
      }
      item = step.value;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#take(item);
  }

  #take(item: unknown): void {
    const { journal } = this.settings;
    const request = readRequest(item);
    const index = this.#index++;
    const key = request?.key ?? String(index);
    if (this.fatal) this.problem(index, key, unsent(this.fatal, request?.prompt));
    else if (!request)
      this.problem(index, key, new WhisulError('invalid_request', `Item "${key}" has no prompt that could be sent.`));
    else if (journal ? this.#seen.has(key) : this.live.has(key))
      this.problem(index, key, conflict(key, request.prompt, 'comes twice'));
    else {
      if (journal) this.#seen.add(key);
      this.#open += 1;
      new BatchItem(this, index, key, request.prompt).start();
    }
  }

  #fail(cause: unknown, error = new WhisulError('source', `The source threw: ${reason(cause)}`, { cause })): void {
    this.#ended = true;
    this.stop(error);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    // A generator that is suspended in an await of its own is closed when that ends: it must not hold the batch up.
    this.#closing = !this.#asked && this.#source?.async === true;
    const closed = (): void => {
      this.#closing = false;
      this.pump();
    };
    try {
      // As with for await: what the source throws on being closed does not replace the reason for closing it.
      Promise.resolve(this.#source?.items.return?.()).then(closed, closed);
    } catch {
      closed();
    }
  }
}
