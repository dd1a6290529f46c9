import type { Observer } from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import type { JobEngine } from '../model/job-source.js';
import type { WhisulError } from '../model/whisul-error.js';
import { causeOf, fatalOf, flawOf, inDoubt, ofJob, unsent } from './batch-problem.js';
import type { ItemPlace, ItemRecord, ItemRequest } from './item-record.js';
import { JobWatch } from './job-watch.js';
import { submitOutcome } from './submit-outcome.js';

/** What an item tells its run, and asks of it: whatever concerns more than one item is decided there. */
export interface ItemRun {
  readonly engine: JobEngine;
  /** Whether jobs are watched: not once the run was left, or its signal aborted. */
  readonly watches: boolean;
  /** Whether anything is still sent. */
  running(): boolean;
  /** Ends an item that is not sent because the run is stopping or was left. @returns whether it does */
  halt(item: BatchItem): boolean;
  /** The item is ready to be sent. */
  queue(item: BatchItem): void;
  /** Whether its POST counts as paid for. */
  decided(accepted: boolean): void;
  told(item: BatchItem, job: JobState): void;
  problem(item: BatchItem, error: WhisulError, fatal?: WhisulError): void;
  stop(fatal?: WhisulError): void;
  /** The item has ended. */
  over(item: BatchItem): void;
}

/**
 * One attempt at one item, from its journal entry to its last event. Without a journal nothing here waits for a
 * promise: that is what keeps an item near a microsecond.
 */
export class BatchItem {
  readonly request: ItemRequest;
  readonly record: ItemRecord | undefined;
  /** It follows a job that failed, whose failure was the item's last event. */
  readonly isRetry: boolean;
  /** Set when the run was left; resolves when nothing more is written about this item. */
  settled: Promise<void> | undefined;
  attempt: number;
  /** Where it is among the live items. */
  slot = 0;
  readonly #run: ItemRun;
  readonly #watch = new JobWatch();
  /** Closures, because RxJS can be set to call an observer's methods on another object than the observer. */
  readonly #hears: Observer<JobState> = {
    next: (state) => {
      this.#answered = true;
      if (this.record) this.#then(() => this.#take(state));
      else this.#take(state);
    },
    error: (error: unknown) => {
      this.#error(error);
    },
    complete: () => {
      this.#then(() => this.#ended || this.#fail(new Error('the stream of the job ended before the job did')));
    },
  };
  #last: JobState | undefined;
  #sentAt = 0;
  /** The stream has said something, even if that is not written down yet. */
  #answered = false;
  #failed = false;
  #ended = false;
  /** With a journal each word of the stream waits until the one before it is durable. */
  #steps: Promise<unknown> | undefined;

  constructor(run: ItemRun, request: ItemRequest, record: ItemRecord | undefined, attempt = 1, isRetry = false) {
    this.#run = run;
    this.request = request;
    this.record = record;
    this.attempt = attempt;
    this.isRetry = isRetry;
  }

  /** What became of its POST will be known. */
  get isAwaited(): boolean {
    return this.#watch.submission !== undefined;
  }

  /** Goes on from its place in the journal. */
  resume({ attempt, job }: ItemPlace): void {
    this.attempt = attempt;
    if (!job) {
      this.#run.queue(this);
      return;
    }
    this.#answered = true;
    this.#last = job;
    this.#tell(job);
    if (!this.#ended) this.#follow(job);
  }

  /** Submits the prompt. */
  send(): void {
    this.#sentAt = Date.now();
    const record = this.record;
    if (record) this.#then(async () => this.#post(record, await record.begin(this.attempt)));
    else this.#follow();
  }

  /** The run is stopping: a POST that waits for its turn in the engine is taken back, one that has begun is watched. */
  withdraw(fatal: WhisulError | undefined): void {
    if (this.#answered) {
      if (!this.#run.watches) this.#drop();
      return;
    }
    const isUnsent = this.#watch.withdraw(() => {
      this.withdraw(fatal);
    });
    // Told is that only when the run has stopped.
    if (isUnsent && fatal) this.#error(unsent(fatal, this.request.prompt));
  }

  /** Nobody listens any more. With a journal, what becomes of a POST that has begun is still written down. */
  leave(): void {
    this.settled = this.record?.hold();
    if (!this.record) this.#watch.stop();
    else if (this.#answered) this.#drop();
    else this.#watch.leave(this.#hears);
  }

  /** Ends with a problem. */
  problem(error: WhisulError, fatal?: WhisulError): void {
    this.#run.problem(this, error, fatal);
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch.stop();
    this.record?.release();
    this.#run.over(this);
  }

  /** Nothing more is watched: it ends when what it has said is written down. */
  #drop(): void {
    this.#watch.stop();
    void this.record?.hold();
    this.#then(() => {
      // Of one that has failed the problem is still to come.
      if (!this.#failed) this.end();
    });
  }

  #error(error: unknown): void {
    this.#answered = true;
    // Before anything is waited for: each item sent meanwhile would be refused as well, or paid for in vain.
    if (fatalOf(error)) this.#run.stop();
    this.#then(() => this.#fail(error ?? new Error('it gave no reason')));
  }

  #then(work: () => unknown): void {
    if (this.record)
      this.#steps = (this.#steps ?? Promise.resolve()).then(work).catch((error: unknown) => this.#fail(error));
    else work();
  }

  async #post(record: ItemRecord, failure?: WhisulError): Promise<void> {
    if (!failure && this.#run.running()) {
      this.#follow();
      return;
    }
    this.#run.decided(false);
    if (!failure) await record.refuse(this.attempt);
    this.#run.halt(this);
  }

  /** Follows the job that the journal knows, or submits a new one. */
  #follow(job?: JobState): void {
    const { engine } = this.#run;
    try {
      this.#watch.start(job ? engine.job$(job) : engine.generate$(this.request.prompt), this.#hears);
    } catch (error) {
      this.#error(error);
    }
  }

  #take(state: JobState): unknown {
    if (this.#ended || this.#failed) return undefined;
    const flaw = flawOf(state, this.record !== undefined);
    if (flaw) return this.#fail(flaw);
    // An engine replays `submitted` of a job that the journal has told already.
    if (state.status === this.#last?.status) return undefined;
    const first = this.#last === undefined;
    const final = isTerminal(state);
    this.#last = state;
    if (final || !this.#run.watches) this.#watch.stop();
    const saved =
      first || final ? this.record?.write(final ? state.status : 'submitted', this.attempt, state) : undefined;
    if (!saved) this.#tell(state, first);
    return saved?.then((failure) => {
      this.#tell(state, first, failure);
    });
  }

  #tell(job: JobState, first = false, failure?: WhisulError): void {
    if (failure) this.problem(ofJob(failure, job));
    else this.#run.told(this, job);
    if (!first) return;
    // Once nothing is watched any more, it ends with this, and there may be more to write down.
    if (this.#run.watches) this.record?.release();
    this.#run.decided(true);
  }

  #fail(error: unknown): unknown {
    const fatal = fatalOf(error);
    if (this.#ended || this.#failed) {
      // It stopped the run for this, and has no problem to tell any more.
      if (fatal) this.#run.stop(fatal);
      return undefined;
    }
    this.#failed = true;
    this.#watch.stop();
    if (!this.#last) return this.#conclude(error, fatal);
    this.problem(ofJob(error, this.#last), fatal);
    return undefined;
  }

  /** The stream failed before it told a state. */
  async #conclude(error: unknown, fatal?: WhisulError): Promise<void> {
    const { key, prompt } = this.request;
    const { job, refusal, doubt } = await submitOutcome(error, prompt, this.#watch.submission);
    if (job) await this.record?.write(isTerminal(job) ? job.status : 'submitted', this.attempt, job);
    else if (refusal) await this.record?.refuse(this.attempt);
    this.problem(job ? ofJob(causeOf(error), job) : (refusal ?? inDoubt(key, prompt, this.#sentAt, doubt)), fatal);
    this.#run.decided(!refusal);
  }
}
