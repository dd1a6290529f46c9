import { throwError, type Observer } from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import type { JobEngine } from '../model/job-source.js';
import { isWhisulError, WhisulError } from '../model/whisul-error.js';
import type { BatchEvent } from './batch-event.js';
import { BatchItem, type ItemRun } from './batch-item.js';
import type { BatchSettings } from './batch-options.js';
import { conflict, reason, unsent } from './batch-problem.js';
import { ItemRecord, type ItemRequest } from './item-record.js';
import { KeyClaims } from './key-claims.js';
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
  /** The items that have not ended, by their keys. */
  readonly #live = new Map<string, BatchItem>();
  readonly #seen = new Set<string>();
  #source: SourceReader | undefined;
  #index = 0;
  #open = 0;
  /** What ended the run, once the item that it comes from has told its problem. */
  #fatal: WhisulError | undefined;
  #stopping = false;
  /** It has ended or was left, which happens once: nobody hears of anything after that. */
  #over = false;
  #pumping = false;
  #forgetSignal: (() => void) | undefined;
  /** What could not be written down of POSTs when nobody listened any more. */
  #lost: WhisulError[] = [];

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
    for (const item of [...this.#live.values()]) item.leave();
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
    for (const item of [...this.#live.values()]) item.withdraw(fatal);
    this.#pump();
  }

  over(item: BatchItem): void {
    const { key } = item.request;
    // Another attempt at it may be there instead.
    if (this.#live.get(key) === item) this.#live.delete(key);
    this.#claims?.release(key, item);
    this.#open -= 1;
    if (this.#over) this.#reportLost();
    else this.#pump();
  }

  /** As `stop`, and what is in flight is watched only until it is known what became of it. */
  #abort(): void {
    this.watches = false;
    const { signal } = this.#settings;
    if (this.#fatal) for (const item of [...this.#live.values()]) item.withdraw(this.#fatal);
    else
      this.stop(
        new WhisulError(
          'aborted',
          'The signal of the batch aborted. With a journal, running it again goes on from here.',
          { cause: signal?.reason },
        ),
      );
  }

  #end(): void {
    this.#over = true;
    this.#forgetSignal?.();
  }

  #journalFailed(failure: WhisulError, lost?: WhisulError): void {
    if (!this.#over) this.stop(failure);
    else if (lost) this.#lost.push(lost);
  }

  /** When nobody listens any more, and it is known what became of each POST: to the host, because such ids are paid for. */
  #reportLost(): void {
    if (this.#lost.length === 0 || [...this.#live.values()].some((item) => item.isAwaited)) return;
    const lost = this.#lost.splice(0);
    const message = lost.map((each) => each.message).join(' ');
    const cause = lost.length > 1 ? new AggregateError(lost) : undefined;
    throwError(() => (lost.length === 1 ? lost[0] : new WhisulError('journal', message, { cause }))).subscribe();
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
    else if (this.#claims ? this.#seen.has(key) : this.#live.has(key))
      this.#problem({ index, key }, conflict(key, prompt, 'comes twice'));
    else this.#begin({ index, key, prompt });
  }

  #begin(request: ItemRequest): void {
    if (this.#claims) this.#seen.add(request.key);
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
    this.#live.set(request.key, item);
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
    if (this.halt(item)) return;
    if (place instanceof WhisulError) item.problem(place);
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

function limitReached(maxSubmits: number): WhisulError {
  return new WhisulError('submit_limit', `The batch needs more than maxSubmits = ${maxSubmits} submits.`);
}

function unusable(key: string, flaw: string | undefined, prompt: string | undefined): WhisulError {
  return new WhisulError('invalid_request', `Not sent: the item "${key}" has ${flaw}.`, { prompt });
}
