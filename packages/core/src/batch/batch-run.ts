import type { Observer } from 'rxjs';
import type { JobEngine } from '../model/job-source.js';
import { isWhisulError, WhisulError } from '../model/whisul-error.js';
import { BatchItem } from './batch-item.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, reason, unsent } from './batch-problem.js';
import type { BatchEvent } from './batch.js';
import type { Journal } from './journal.js';
import { openSource, type BatchInput } from './open-source.js';
import { readRequest } from './read-request.js';
import { SourceReader, type SourceListener } from './source-reader.js';

/**
 * The last unfinished item of each key of a journal, whichever run it belongs to: a run that was left may still be
 * writing down what became of its last POSTs, and the next run has to wait for that.
 */
const unfinished = new WeakMap<Journal, Map<string, BatchItem>>();

/** One pass over a source: pulls, starts and counts; an item does the rest itself. */
export class BatchRun implements SourceListener {
  readonly engine: JobEngine;
  readonly settings: BatchSettings;
  readonly live: Map<string, BatchItem>;
  /** Items whose turn to be sent has come; they wait here only while `maxSubmits` is not decided. */
  readonly waiting: BatchItem[] = [];
  /** POSTs that were accepted, are in doubt, or are on their way. */
  submits = 0;
  /** Those of them that are on their way. */
  undecided = 0;
  /** What ended the run, once the item that it comes from has told its problem. */
  fatal: WhisulError | undefined;
  left = false;
  readonly #observer: Observer<BatchEvent>;
  readonly #seen = new Set<string>();
  #source: SourceReader | undefined;
  #index = 0;
  #open = 0;
  #stopping = false;
  /** It has ended or was left, which happens once: nobody hears of anything after that. */
  #over = false;
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
    if (this.#over) return;
    try {
      this.#source = new SourceReader(openSource(requests), this);
    } catch (error) {
      this.failed(error, isWhisulError(error, 'invalid_request') ? error : undefined);
    }
    this.pump();
  }

  emit(event: BatchEvent): void {
    if (!this.#over) this.#observer.next(event);
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
      } else if (this.#source && !this.#source.ended && !this.#source.asked && this.#open < this.settings.concurrency)
        this.#source.pull();
      else break;
    }
    this.#pumping = false;
    if (this.#over || this.#open > 0) return;
    if (this.fatal) {
      this.#over = true;
      this.#observer.error(this.fatal);
    } else if (this.#source?.ended) {
      this.#over = true;
      this.#observer.complete();
    }
  }

  running(): boolean {
    return !this.#over && !this.#stopping;
  }

  /**
   * Nothing more is pulled or sent; what is in flight is watched to its end, then the stream errors.
   *
   * @param fatal - left out until the item that stops the run has told its problem, which comes before what follows from it
   */
  stop(fatal?: WhisulError): void {
    if (this.#over || this.fatal) return;
    this.#stopping = true;
    this.fatal = fatal;
    this.#source?.close();
    if (fatal) for (const item of this.waiting.splice(0)) item.halt();
    for (const item of this.#own()) item.withdraw();
    this.pump();
  }

  leave(): void {
    this.left = true;
    this.#over = true;
    this.#source?.close();
    for (const item of this.waiting.splice(0)) item.halt();
    for (const item of this.#own()) item.leave();
  }

  /** An item has ended. */
  done(): void {
    this.#open -= 1;
    this.pump();
  }

  pulled(item: unknown): void {
    if (!this.#over) this.#take(item);
    this.pump();
  }

  ended(): void {
    this.pump();
  }

  failed(cause: unknown, error = new WhisulError('source', `The source threw: ${reason(cause)}`, { cause })): void {
    this.stop(error);
  }

  #own(): BatchItem[] {
    return [...this.live.values()].filter((item) => item.run === this);
  }

  #take(item: unknown): void {
    const { journal } = this.settings;
    const { prompt, key: given, flaw } = readRequest(item);
    const index = this.#index++;
    const key = given ?? String(index);
    if (this.fatal) this.problem(index, key, unsent(this.fatal, prompt));
    else if (prompt === undefined || flaw !== undefined)
      this.problem(
        index,
        key,
        new WhisulError('invalid_request', `Not sent: the item "${key}" has ${flaw}.`, { prompt }),
      );
    else if (journal ? this.#seen.has(key) : this.live.has(key))
      this.problem(index, key, conflict(key, prompt, 'comes twice'));
    else {
      if (journal) this.#seen.add(key);
      this.#open += 1;
      new BatchItem(this, index, key, prompt).start();
    }
  }
}
