import type { Observable, Observer, Subscription } from 'rxjs';
import { isTerminal } from '../is-terminal.js';
import type { JobState, SubmittedJob } from '../job-schema.js';
import { submissions, type Submission } from '../submission.js';
import { isWhisulError, WhisulError, type WhisulErrorCode } from '../whisul-error.js';
import { conflict, inDoubt, journalFailed, ofJob, unsent } from './batch-problem.js';
import type { BatchRun } from './batch-run.js';
import type { Journal, JournalEntry } from './journal.js';

const fatalCodes: readonly WhisulErrorCode[] = ['unauthorized', 'closed', 'journal'];
const ready: Promise<unknown> = Promise.resolve();

/**
 * One attempt at one item, from its journal entry to its last event. It is itself the observer of its job stream, and
 * without a journal nothing here waits for a promise: that is what keeps an item near a microsecond.
 */
export class BatchItem implements Observer<JobState> {
  readonly run: BatchRun;
  /** Set when the run was left; resolves when nothing more is written about this item. */
  settled: Promise<void> | undefined;
  readonly #index: number;
  readonly #key: string;
  readonly #prompt: string;
  readonly #retries: boolean;
  #attempt: number;
  #settle: (() => void) | undefined;
  #job$: Observable<JobState> | undefined;
  #subscription: Subscription | undefined;
  #last: JobState | undefined;
  #sentAt = 0;
  /** The stream has said something, even if that is not written down yet. */
  #answered = false;
  #unwatched = false;
  #ended = false;
  /** With a journal each word of the stream waits until the one before it is durable. */
  #steps = ready;

  /** @param retries - it follows a job that failed, whose failure was the item's last event */
  constructor(run: BatchRun, index: number, key: string, prompt: string, attempt = 1, retries = false) {
    this.run = run;
    this.#index = index;
    this.#key = key;
    this.#prompt = prompt;
    this.#attempt = attempt;
    this.#retries = retries;
  }

  start(): void {
    const { run } = this;
    const { journal, maxSubmits } = run.settings;
    if (journal)
      this.#resume(journal).catch((cause: unknown) => this.#problem(journalFailed(this.#key, 'read', cause)));
    else if (run.waiting.length > 0 || run.submits >= maxSubmits) this.#queue();
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
    const saved = this.#save('submitting');
    if (saved) void saved.then((failure) => this.#post(failure));
    else void this.#post();
  }

  next(state: JobState): void {
    this.#answered = true;
    if (this.run.settings.journal) this.#then(() => this.#take(state));
    else this.#take(state);
  }

  error(error: unknown): void {
    this.#answered = true;
    this.#then(() => this.#fail(error));
  }

  complete(): void {
    this.#then(() => this.#ended || this.#fail(new Error('the stream of the job ended before the job did')));
  }

  /** Takes back an item that was not sent, if the run has stopped or was left. */
  halt(): boolean {
    const { run } = this;
    if (run.running()) return false;
    if (run.fatal) this.#problem(unsent(run.fatal, this.#prompt));
    else this.#end();
    return true;
  }

  /** The run has stopped: a POST that waits for its turn in the engine is taken back, one that has begun is watched. */
  withdraw(): void {
    const { fatal } = this.run;
    const submission = this.#submission();
    if (!fatal || this.#answered || !submission) return;
    const { receipt } = submission;
    if (receipt) {
      // After a refusal the engine would send it again.
      receipt.catch(() => this.withdraw());
      return;
    }
    this.#unwatch();
    this.error(unsent(fatal, this.#prompt));
  }

  /** Nobody listens any more. With a journal, what becomes of a POST that has begun is still written down. */
  leave(): void {
    if (!this.run.settings.journal) {
      this.#unwatch();
      return;
    }
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const submission = this.#submission();
    if (this.#answered) {
      this.#unwatch();
      this.#then(() => this.#end());
    } else if (submission) {
      this.#unwatch();
      const { receipt } = submission;
      if (receipt) receipt.then(this.next.bind(this), this.error.bind(this));
      else this.error(new WhisulError('aborted', 'Nobody listens to the batch any more.'));
    }
    // Else it waits for the journal and looks at the run afterwards, or for the first word of an engine that does not
    // tell whether its POST has begun: that one stays subscribed until then.
  }

  #submission(): Submission | undefined {
    return this.#job$ && submissions.get(this.#job$);
  }

  #then(work: () => unknown): void {
    if (this.run.settings.journal) this.#steps = this.#steps.then(work);
    else work();
  }

  async #resume(journal: Journal): Promise<unknown> {
    const { run } = this;
    const key = this.#key;
    const prompt = this.#prompt;
    for (let other = run.live.get(key); other; other = run.live.get(key)) {
      if (!other.settled) return this.#problem(conflict(key, prompt, 'is in flight in another batch on this journal'));
      await other.settled;
    }
    run.live.set(key, this);
    const entry = await journal.get(key);
    if (this.halt()) return undefined;
    if (!entry) return this.#queue();
    const { state, job, at } = entry;
    if (state !== 'rejected' && entry.prompt !== prompt)
      return this.#problem(conflict(key, prompt, 'is in the journal with another prompt'));
    this.#attempt = entry.attempt;
    if (state === 'rejected' || (state === 'submitting' && run.settings.onUnknown === 'resubmit')) return this.#queue();
    if (state === 'submitting' || !job) return this.#problem(inDoubt(key, prompt, at));
    this.#answered = true;
    this.#last = job;
    this.#tell(job);
    return this.#ended || this.#watch(job);
  }

  #queue(): unknown {
    this.run.live.set(this.#key, this);
    this.run.waiting.push(this);
    this.run.pump();
    return undefined;
  }

  #post(failure?: WhisulError): unknown {
    if (!failure && this.run.running()) return this.#watch();
    this.#decide(false);
    return failure ? this.#problem(failure) : this.#save('rejected')?.then(() => this.halt());
  }

  /** Follows the job that the journal knows, or submits a new one. */
  #watch(job?: JobState): unknown {
    const { engine } = this.run;
    try {
      this.#job$ = job ? engine.job$(job) : engine.generate$(this.#prompt);
      this.#subscription = this.#job$.subscribe(this);
      if (this.#unwatched) this.#unwatch();
    } catch (error) {
      this.error(error);
    }
    return undefined;
  }

  #unwatch(): void {
    this.#unwatched = true;
    this.#subscription?.unsubscribe();
  }

  #take(state: JobState): unknown {
    if (this.#ended) return undefined;
    const first = this.#last === undefined;
    const final = isTerminal(state);
    this.#last = state;
    if (final || this.run.left) this.#unwatch();
    const saved = first || final ? this.#save(final ? state.status : 'submitted', state) : undefined;
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
    if (this.#ended) return undefined;
    if (this.#last) return this.#problem(ofJob(error, this.#last));
    const receipt = this.#submission()?.receipt;
    if (!receipt) return this.#conclude(error);
    // The client was closed while the POST was in flight: its answer is still to come, and says more than the stream.
    const why = isWhisulError(error, 'submit_unknown') ? (error.cause ?? error) : error;
    return receipt.then(
      (job) => this.#found(why, job),
      (refusal: unknown) => this.#conclude(isClosing(refusal) ? undefined : refusal, why),
    );
  }

  /** The stream failed before the answer to its POST was in, and that answer is a paid job. */
  async #found(why: unknown, job: SubmittedJob): Promise<void> {
    this.#last = job;
    await this.#save('submitted', job);
    this.#problem(ofJob(why, job));
    this.#decide(true);
  }

  /** `error` is what came of the POST, `undefined` if that cannot be learnt; `why` is what ended the stream. */
  async #conclude(error: unknown, why = error): Promise<void> {
    const refused = isWhisulError(error) && error.code !== 'submit_unknown' && error.jobId === undefined;
    if (refused) await this.#save('rejected');
    this.#problem(refused ? error : inDoubt(this.#key, this.#prompt, this.#sentAt, error), why);
    this.#decide(!refused);
  }

  #decide(accepted: boolean): void {
    const { run } = this;
    run.undecided -= 1;
    if (!accepted) run.submits -= 1;
    if (run.waiting.length > 0) run.pump();
  }

  #problem(error: WhisulError, why: unknown = error): unknown {
    const { run } = this;
    const toldAlready = this.#retries && run.fatal && error.cause === run.fatal;
    if (!toldAlready) run.problem(this.#index, this.#key, error);
    if (isWhisulError(why) && fatalCodes.includes(why.code)) run.stop(why);
    return this.#end();
  }

  #end(): unknown {
    const { run } = this;
    const key = this.#key;
    if (this.#ended) return undefined;
    this.#ended = true;
    if (run.live.get(key) === this) run.live.delete(key);
    this.#settle?.();
    run.done();
    return undefined;
  }

  #save(state: JournalEntry['state'], job?: JobState): Promise<WhisulError | undefined> | undefined {
    const { journal } = this.run.settings;
    return journal && this.#write(journal, state, job);
  }

  async #write(journal: Journal, state: JournalEntry['state'], job?: JobState): Promise<WhisulError | undefined> {
    const key = this.#key;
    try {
      await journal.put({
        key,
        prompt: this.#prompt,
        attempt: this.#attempt,
        state,
        at: Date.now(),
        ...(job && { job }),
      });
      return undefined;
    } catch (cause) {
      const failure = journalFailed(key, `record as ${state}`, cause);
      this.run.stop(failure);
      return failure;
    }
  }
}

function isClosing(error: unknown): boolean {
  return isWhisulError(error, 'closed') || isWhisulError(error, 'aborted');
}
