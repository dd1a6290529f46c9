import type { Observer } from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';
import { causeOf, conflict, fatalOf, flawOf, inDoubt, ofJob, unsent } from './batch-problem.js';
import type { BatchRun } from './batch-run.js';
import { ItemRecord } from './item-record.js';
import { JobWatch } from './job-watch.js';
import { submitOutcome } from './submit-outcome.js';

const ready: Promise<unknown> = Promise.resolve();

/**
 * One attempt at one item, from its journal entry to its last event. It is itself the observer of its job stream, and
 * without a journal nothing here waits for a promise: that is what keeps an item near a microsecond. Its length has a
 * reason: it is one state machine, whose order could not be read in two places.
 */
export class BatchItem implements Observer<JobState> {
  readonly run: BatchRun;
  /** Set when the run was left; resolves when nothing more is written about this item. */
  settled: Promise<void> | undefined;
  readonly #index: number;
  readonly #key: string;
  readonly #prompt: string;
  readonly #retries: boolean;
  readonly #record: ItemRecord | undefined;
  readonly #watch = new JobWatch();
  #attempt: number;
  #settle: (() => void) | undefined;
  #last: JobState | undefined;
  #sentAt = 0;
  /** The stream has said something, even if that is not written down yet. */
  #answered = false;
  #failed = false;
  #ended = false;
  /** With a journal each word of the stream waits until the one before it is durable. */
  #steps = ready;

  /** @param retries - it follows a job that failed, whose failure was the item's last event */
  constructor(run: BatchRun, index: number, key: string, prompt: string, attempt = 1, retries = false) {
    const { journal } = run.settings;
    this.run = run;
    this.#index = index;
    this.#key = key;
    this.#prompt = prompt;
    this.#attempt = attempt;
    this.#retries = retries;
    this.#record = journal && new ItemRecord(journal, key, prompt, run.stop.bind(run));
  }

  start(): void {
    const { run } = this;
    if (this.halt()) return;
    if (this.#record) void this.#resume(this.#record);
    else if (run.waiting.length > 0 || run.submits >= run.settings.maxSubmits) this.#queue();
    else {
      run.live.set(this.#key, this);
      this.send();
    }
  }

  /** Submits the prompt. The run calls it when `maxSubmits` permits. */
  send(): void {
    this.run.submits += 1;
    this.run.undecided += 1;
    this.#sentAt = Date.now();
    const record = this.#record;
    if (record) this.#then(async () => this.#post(record, await record.write('submitting', this.#attempt)));
    else this.#follow();
  }

  next(state: JobState): void {
    this.#answered = true;
    if (this.#record) this.#then(() => this.#take(state));
    else this.#take(state);
  }

  error(error: unknown): void {
    this.#answered = true;
    // Before anything is waited for: each item sent meanwhile would be refused as well, or paid for in vain.
    if (fatalOf(error)) this.run.stop();
    this.#then(() => this.#fail(error ?? new Error('it gave no reason')));
  }

  complete(): void {
    this.#then(() => this.#ended || this.#fail(new Error('the stream of the job ended before the job did')));
  }

  /** Takes back an item that was not sent, if the run is stopping or was left. */
  halt(): boolean {
    const { run } = this;
    if (run.running()) return false;
    if (run.fatal) this.#problem(unsent(run.fatal, this.#prompt));
    else if (run.left) this.#end();
    // Its problem comes after that of the item which stops the run.
    else run.waiting.push(this);
    return true;
  }

  /**
   * The run is stopping: a POST that waits for its turn in the engine is taken back, one that has begun is watched. Told
   * is that only when the run has stopped.
   */
  withdraw(): void {
    const { fatal } = this.run;
    const { submission, stopped } = this.#watch;
    if (this.#answered || !submission) return;
    const receipt = stopped ? undefined : submission.receipt;
    if (receipt) {
      // After a refusal the engine would send it again.
      receipt.catch(() => {
        if (!submission.sent) this.withdraw();
      });
      return;
    }
    this.#watch.stop();
    if (fatal) this.error(unsent(fatal, this.#prompt));
  }

  /** Nobody listens any more. With a journal, what becomes of a POST that has begun is still written down. */
  leave(): void {
    if (!this.#record) {
      this.#watch.stop();
      return;
    }
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const submission = this.#watch.submission;
    if (this.#answered) {
      this.#watch.stop();
      this.#then(() => this.#end());
    } else if (submission) {
      this.#watch.stop();
      const { receipt } = submission;
      if (receipt) receipt.then(this.next.bind(this), this.error.bind(this));
      else this.error(new WhisulError('aborted', 'Nobody listens to the batch any more.'));
    }
    // Else it waits for the journal and looks at the run afterwards, or for the first word of an engine that does not
    // tell whether its POST has begun: that one stays subscribed until then.
  }

  #then(work: () => unknown): void {
    if (this.#record) this.#steps = this.#steps.then(work).catch((error: unknown) => this.#fail(error));
    else work();
  }

  /** Goes on where the journal says, once no earlier run writes about this item any more. */
  async #resume(record: ItemRecord): Promise<unknown> {
    const { run } = this;
    const key = this.#key;
    const before = run.live.get(key);
    if (before && !before.settled)
      return this.#problem(conflict(key, this.#prompt, 'is in flight in another batch on this journal'));
    run.live.set(key, this);
    await before?.settled;
    const place = await record.find(run.settings.onUnknown);
    if (this.halt()) return undefined;
    if (place instanceof WhisulError) return this.#problem(place);
    const { attempt, job } = place;
    this.#attempt = attempt;
    if (!job) return this.#queue();
    this.#answered = true;
    this.#last = job;
    this.#tell(job);
    if (!this.#ended) this.#follow(job);
    return undefined;
  }

  #queue(): unknown {
    this.run.live.set(this.#key, this);
    this.run.waiting.push(this);
    this.run.pump();
    return undefined;
  }

  async #post(record: ItemRecord, failure?: WhisulError): Promise<void> {
    if (!failure && this.run.running()) {
      this.#follow();
      return;
    }
    this.#decide(false);
    if (!failure) await record.refuse(this.#attempt);
    this.halt();
  }

  /** Follows the job that the journal knows, or submits a new one. */
  #follow(job?: JobState): void {
    const { engine } = this.run;
    try {
      this.#watch.start(job ? engine.job$(job) : engine.generate$(this.#prompt), this);
    } catch (error) {
      this.error(error);
    }
  }

  #take(state: JobState): unknown {
    if (this.#ended || this.#failed) return undefined;
    const flaw = flawOf(state, this.#record !== undefined);
    if (flaw) return this.#fail(flaw);
    // An engine replays `submitted` of a job that the journal has told already.
    if (state.status === this.#last?.status) return undefined;
    const first = this.#last === undefined;
    const final = isTerminal(state);
    this.#last = state;
    if (final || this.run.left) this.#watch.stop();
    const saved =
      first || final ? this.#record?.write(final ? state.status : 'submitted', this.#attempt, state) : undefined;
    return saved ? saved.then((failure) => this.#tell(state, first, failure)) : this.#tell(state, first);
  }

  #tell(job: JobState, first = false, failure?: WhisulError): unknown {
    const { run } = this;
    const index = this.#index;
    const key = this.#key;
    const attempt = this.#attempt;
    if (failure) this.#problem(ofJob(failure, job));
    else {
      run.emit({ type: 'state', index, key, attempt, job });
      if (job.status === 'failed' && attempt <= run.settings.retryFailed && run.running()) {
        this.#ended = true;
        new BatchItem(run, index, key, this.#prompt, attempt + 1, true).#queue();
      } else if (isTerminal(job) || run.left) this.#end();
    }
    if (first) this.#decide(true);
    return undefined;
  }

  #fail(error: unknown): unknown {
    const fatal = fatalOf(error);
    if (this.#ended || this.#failed) {
      // It stopped the run for this, and has no problem to tell any more.
      if (fatal) this.run.stop(fatal);
      return undefined;
    }
    this.#failed = true;
    this.#watch.stop();
    return this.#last ? this.#problem(ofJob(error, this.#last), fatal) : this.#conclude(error, fatal);
  }

  /** The stream failed before it told a state. */
  async #conclude(error: unknown, fatal?: WhisulError): Promise<void> {
    const { job, refusal, doubt } = await submitOutcome(error, this.#prompt, this.#watch.submission);
    if (job) await this.#record?.write(isTerminal(job) ? job.status : 'submitted', this.#attempt, job);
    else if (refusal) await this.#record?.refuse(this.#attempt);
    this.#problem(
      job ? ofJob(causeOf(error), job) : (refusal ?? inDoubt(this.#key, this.#prompt, this.#sentAt, doubt)),
      fatal,
    );
    this.#decide(!refusal);
  }

  #decide(accepted: boolean): void {
    const { run } = this;
    run.undecided -= 1;
    if (!accepted) run.submits -= 1;
    if (run.waiting.length > 0) run.pump();
  }

  #problem(error: WhisulError, fatal?: WhisulError): unknown {
    const { run } = this;
    const toldAlready = this.#retries && run.fatal && error.cause === run.fatal && error.jobId === undefined;
    if (!toldAlready) run.problem(this.#index, this.#key, error);
    if (fatal) run.stop(fatal);
    return this.#end();
  }

  #end(): unknown {
    const { run } = this;
    const key = this.#key;
    if (this.#ended) return undefined;
    this.#ended = true;
    this.#watch.stop();
    if (run.live.get(key) === this) run.live.delete(key);
    this.#settle?.();
    run.done();
    return undefined;
  }
}
