import type { Observer } from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import type { JobEngine } from '../model/job-source.js';
import { isWhisulError, WhisulError } from '../model/whisul-error.js';
import type { BatchEvent } from './batch-event.js';
import { BatchItem, type ItemRun } from './batch-item.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, limitReached, ofJob, reason, stopped, unsent, unusable } from './batch-problem.js';
import { ItemRecord, type ItemRequest } from './item-record.js';
import { KeyClaims } from './key-claims.js';
import { LiveItems } from './live-items.js';
import { LostReceipts } from './lost-receipts.js';
import { onAbort } from './on-abort.js';
import { openSource, type BatchInput } from './open-source.js';
import { readRequest } from './read-request.js';
import { SourceReader, type SourceListener } from './source-reader.js';
import { SubmitQueue } from './submit-queue.js';

/** One pass over a source: decides what is pulled, sent and retried, and when it is over. The rest an item does itself. */
export class BatchRun implements SourceListener, ItemRun {
  readonly engine: JobEngine;
  watches = true;
  readonly #settings: BatchSettings;
  readonly #observer: Observer<BatchEvent>;
  readonly #queue: SubmitQueue<BatchItem>;
  readonly #claims: KeyClaims | undefined;
  readonly #live = new LiveItems();
  /** The latest attempt at each key that is taken: with a journal for the whole run, else until its item ends. */
  readonly #attempts = new Map<string, number>();
  readonly #lost = new LostReceipts();
  #source: SourceReader | undefined;
  #index = 0;
  #open = 0;
  /** What ended the run, once the item that it comes from has told its problem. */
  #fatal: WhisulError | undefined;
  #stopping = false;
  /** It has ended or was left, which happens once. Nothing is emitted after that. */
  #over = false;
  #pumping = false;
  #forgetSignal: (() => void) | undefined;

  constructor(engine: JobEngine, settings: BatchSettings, observer: Observer<BatchEvent>) {
    const { journal, maxSubmits } = settings;
    this.engine = engine;
    this.#settings = settings;
    this.#observer = observer;
    this.#queue = new SubmitQueue(maxSubmits);
    this.#claims = journal && KeyClaims.of(journal);
  }

  start(requests: BatchInput): void {
    const { signal } = this.#settings;
    if (this.#over) return;
    if (signal?.aborted) {
      this.#abort();
      return;
    }
    this.#forgetSignal = signal && onAbort(signal, this.#abort.bind(this));
    try {
      this.#source = new SourceReader(openSource(requests), this);
    } catch (error) {
      this.failed(error, isWhisulError(error, 'invalid_request') ? error : undefined);
    }
    this.#pump();
  }

  leave(): void {
    this.watches = false;
    this.#end();
    this.#source?.close();
    for (const item of this.#queue.clear()) this.halt(item);
    for (const item of this.#live.inOrder()) item.leave();
  }

  pulled(item: unknown): void {
    if (!this.#over) this.#take(item);
    this.#pump();
  }

  ended(): void {
    this.#pump();
  }

  failed(cause: unknown, error = new WhisulError('source', `The source threw: ${reason(cause)}`, { cause })): void {
    this.stop(error);
  }

  running(): boolean {
    return !this.#over && !this.#stopping;
  }

  halt(item: BatchItem): boolean {
    if (this.running()) return false;
    if (this.#fatal) item.problem(unsent(this.#fatal, item.request.prompt));
    else if (this.#over) item.end();
    // Its problem comes after that of the item which stops the run.
    else this.#queue.push(item);
    return true;
  }

  queue(item: BatchItem): void {
    this.#queue.push(item);
    this.#pump();
  }

  decided(isPaid: boolean): void {
    this.#queue.decided(isPaid);
    if (!this.#queue.isEmpty) this.#pump();
  }

  told(item: BatchItem, job: JobState): void {
    const { attempt, request } = item;
    this.#emit({ type: 'state', index: request.index, key: request.key, attempt, job });
    if (job.status === 'failed' && attempt <= this.#settings.retryFailed && this.running()) this.#retry(item);
    else if (isTerminal(job) || !this.watches) item.end();
  }

  problem({ isRetry, request }: BatchItem, error: WhisulError, fatal?: WhisulError): void {
    // Of an item whose last event was its failure, nothing is told that is no news of a job.
    const isKnown = isRetry && this.#fatal && error.cause === this.#fatal && error.jobId === undefined;
    if (!isKnown) this.#problem(request, error);
    if (fatal) this.stop(fatal);
  }

  stop(fatal?: WhisulError): void {
    if (this.#over || this.#fatal) return;
    this.#stopping = true;
    this.#fatal = fatal;
    this.#source?.close();
    if (fatal) for (const item of this.#queue.clear()) this.halt(item);
    for (const item of this.#live.inOrder()) item.withdraw(fatal);
    this.#pump();
  }

  over(item: BatchItem): void {
    const { key } = item.request;
    this.#live.delete(item);
    if (!this.#claims && this.#attempts.get(key) === item.attempt) this.#attempts.delete(key);
    this.#claims?.release(key, item);
    this.#open -= 1;
    if (!this.#over) this.#pump();
    // When it is known what became of each POST. An engine that does not tell may never say.
    else if (!this.#lost.isEmpty && !this.#live.inOrder().some((each) => each.isAwaited)) this.#lost.report();
  }

  /** As `stop`, and what is in flight is watched only until it is known what became of it. */
  #abort(): void {
    this.watches = false;
    const { signal } = this.#settings;
    if (this.#fatal) for (const item of this.#live.inOrder()) item.withdraw(this.#fatal);
    else this.stop(stopped(signal?.reason));
  }

  #end(): void {
    this.#over = true;
    this.#forgetSignal?.();
  }

  #journalFailed(failure: WhisulError, lost?: WhisulError): void {
    if (!this.#over) this.stop(failure);
    else if (lost) this.#lost.add(lost);
  }

  #emit(event: BatchEvent): void {
    if (!this.#over) this.#observer.next(event);
  }

  #problem({ index, key }: { readonly index: number; readonly key: string }, error: WhisulError): void {
    this.#emit({ type: 'problem', index, key, error });
  }

  /** A loop and not a recursion: an engine that answers at once must not grow the stack with every item. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.running()) {
      if (!this.#queue.isEmpty) {
        if (this.#queue.isExhausted) this.stop(limitReached(this.#settings.maxSubmits));
        const item = this.#queue.take();
        if (!item) break;
        item.send();
      } else if (this.#source?.isReady === true && this.#open < this.#settings.concurrency) this.#source.pull();
      else break;
    }
    this.#pumping = false;
    if (this.#over || this.#open > 0) return;
    if (this.#fatal) {
      this.#end();
      this.#observer.error(this.#fatal);
    } else if (this.#source?.ended) {
      this.#end();
      this.#observer.complete();
    }
  }

  #take(item: unknown): void {
    const { prompt, key: given, flaw } = readRequest(item);
    const index = this.#index++;
    const key = given ?? String(index);
    if (this.#fatal) this.#problem({ index, key }, unsent(this.#fatal, prompt));
    else if (prompt === undefined || flaw !== undefined) this.#problem({ index, key }, unusable(key, flaw, prompt));
    else if (this.#attempts.has(key)) this.#problem({ index, key }, conflict(key, prompt, 'comes twice'));
    else this.#begin({ index, key, prompt });
  }

  #begin(request: ItemRequest): void {
    const item = this.#admit(request);
    if (this.halt(item)) return;
    if (this.#claims && item.record) void this.#resume(item, item.record, this.#claims);
    else if (this.#queue.take(item)) item.send();
    else this.queue(item);
  }

  #admit(request: ItemRequest, attempt = 1, isRetry = false): BatchItem {
    const { journal } = this.#settings;
    const record = journal && new ItemRecord(journal, request, this.#journalFailed.bind(this));
    const item = new BatchItem(this, request, record, attempt, isRetry);
    this.#open += 1;
    this.#live.add(item);
    this.#attempts.set(request.key, attempt);
    return item;
  }

  /** Goes on where the journal says, once no earlier run writes about this item any more. */
  async #resume(item: BatchItem, record: ItemRecord, claims: KeyClaims): Promise<void> {
    const { key, prompt } = item.request;
    const before = claims.take(key, item);
    if (!before) {
      item.problem(conflict(key, prompt, 'is in flight in another batch on this journal'));
      return;
    }
    await before;
    const place = await record.find(this.#settings.onUnknown);
    const job = place instanceof WhisulError ? undefined : place.job;
    // An earlier run has sent this one: a paid id is told, also when nobody follows it any more.
    if (job && this.#fatal) item.problem(ofJob(this.#fatal, job));
    else if (this.halt(item)) return;
    else if (place instanceof WhisulError) item.problem(place);
    else item.resume(place);
  }

  /** A job that failed is submitted again: a new attempt takes the item's place. */
  #retry(item: BatchItem): void {
    const next = this.#admit(item.request, item.attempt + 1, true);
    this.#claims?.pass(item.request.key, next);
    this.#queue.push(next);
    item.end();
  }
}
