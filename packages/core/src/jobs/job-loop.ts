import { type Observer, Subject, type Subscriber } from 'rxjs';
import { Alarm } from '../polling/alarms.js';
import { callError } from '../http/answer-error.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import { isTransient } from '../model/failure.js';
import { isTerminal } from '../model/is-terminal.js';
import type { JobRecord } from './job-record.js';
import type { Job } from '../model/job-schema.js';
import type { LinkedList } from '../polling/linked-list.js';
import { nextGap, nextGapOrSound } from '../polling/poll-schedule.js';
import { readJobAnswer } from './read-job-answer.js';
import type { ApiAnswer } from '../http/api-answer.js';
import { type ApiCall, PendingRequest } from '../http/pending-request.js';
import { judgeFailure, type RetryOptions } from '../polling/retry-failures.js';
import type { RetryPolicy } from '../polling/retry-policy.js';
import type { Timed } from '../polling/timeouts.js';
import { isWhisulError } from '../model/whisul-error.js';

/** For this long after its own 202 a client takes a 404 for a failed poll: the id may not be visible everywhere yet. */
const visibleWithin = 60_000;

/**
 * The loop of one job, shared by all its subscribers: what `pollLoop$` puts with `timer`, `switchMap` and `takeWhile`,
 * and `share` behind them, as one object without closures. With those operators a followed job takes 15 KB of heap and
 * a poll 6 times the CPU of a plain async loop; `loop-equivalence.test.ts` holds this against them.
 */
export class JobLoop implements ApiCall<Job>, RetryOptions, Timed<JobLoop>, Observer<Job> {
  readonly method = 'GET';
  readonly url: string;
  readonly jobId: string;
  readonly policy: RetryPolicy;
  readonly random: () => number;
  deadline = Infinity;
  list: LinkedList<JobLoop> | undefined = undefined;
  before: JobLoop | undefined = undefined;
  after: JobLoop | undefined = undefined;
  readonly #context: ClientContext;
  readonly #record: JobRecord;
  readonly #subscribers$ = new Subject<Job>();
  readonly #wake = new Alarm(() => {
    this.#poll();
  });
  #pending: PendingRequest<Job> | undefined;
  #sentAt = 0;

  constructor(context: ClientContext, record: JobRecord) {
    this.url = record.url;
    this.jobId = record.id;
    this.policy = context.policy;
    this.random = context.random;
    this.#context = context;
    this.#record = record;
  }

  /** Adds a subscriber; the first one starts the loop, and when the last one leaves it ends at once. */
  join(subscriber: Subscriber<Job>): () => void {
    const isFirst = !this.#subscribers$.observed;
    const membership = this.#subscribers$.subscribe(subscriber);
    if (isFirst) this.#begin();
    return () => {
      membership.unsubscribe();
      if (!this.#subscribers$.observed) this.#end();
    };
  }

  #begin(): void {
    const { alarms, jobTimeouts, records } = this.#context;
    this.#record.loop = this;
    records.keep(this.#record);
    alarms.set(this.#wake, Math.max(this.#record.notBefore, alarms.now()));
    jobTimeouts.begin(this);
  }

  /** Before the last news goes out, so that a subscriber that comes back from it begins anew. */
  #end(): void {
    if (this.#hasEnded()) return;
    const { alarms, jobTimeouts, records } = this.#context;
    const pending = this.#pending;
    alarms.clear(this.#wake);
    jobTimeouts.end(this);
    this.#pending = undefined;
    this.#record.loop = undefined;
    records.keep(this.#record);
    pending?.withdraw();
  }

  /** Whoever hears of an event may leave, and end the loop in the middle of what it does. */
  #hasEnded(): boolean {
    return this.#record.loop !== this;
  }

  /** The next poll is set when its answer is read, so there are never two. */
  #poll(): void {
    this.#pending = new PendingRequest(this.#context, this, this);
    this.#pending.begin();
  }

  /** The status has changed. */
  next(job: Job): void {
    if (isTerminal(job)) this.#end();
    this.#subscribers$.next(job);
    if (isTerminal(job)) this.#subscribers$.complete();
  }

  /** The outcome cannot be learnt. */
  error(error: unknown): void {
    this.#end();
    this.#subscribers$.error(error);
  }

  /** A poll is over; what it found is told already. */
  complete(): void {
    this.#pending = undefined;
  }

  expire(): void {
    const { jobTimeout } = this.#context;
    this.#record.failures = 0;
    this.error(callError(this, 'job_timeout', `No end was seen within ${String(jobTimeout / 1000)} s.`));
  }

  lastState() {
    return this.#record.state;
  }

  onSend(now: number): void {
    this.#sentAt = now;
  }

  onAbort(): void {
    this.#record.notBefore = this.#sentAt + this.#gapAt(this.#sentAt);
  }

  read(answer: ApiAnswer): Job | undefined {
    const record = this.#record;
    const { alarms } = this.#context;
    const job = this.#readJob(answer);
    record.polls += 1;
    record.failures = 0;
    if (!isTerminal(job)) {
      const now = alarms.now();
      record.notBefore = now + this.#nextGap(now);
      // Whoever heard a warning may have left.
      if (!this.#hasEnded()) alarms.setRoughly(this.#wake, record.notBefore);
    }
    // Whoever left and came back on hearing a warning has begun a loop of their own, which has not told the end yet.
    const isNews = isTerminal(job) || record.state?.status !== job.status;
    record.state = job;
    if (!isNews) return undefined;
    this.#report(job);
    return job;
  }

  #readJob(answer: ApiAnswer): Job {
    const { state } = this.#record;
    // Reading is most of a poll's cost, and most answers repeat the one before.
    if (answer.raw === this.#record.answer && state !== undefined && state.status !== 'submitted') return state;
    const job = readJobAnswer(this.#context.events, this, answer);
    this.#record.answer = answer.raw;
    return job;
  }

  #report(job: Job): void {
    const { durations, events } = this.#context;
    events.emit({ type: 'transition', job }, this.jobId);
    if (job.status === 'running' || job.started_at === undefined || job.finished_at === undefined) return;
    const duration = Date.parse(job.finished_at) - Date.parse(job.started_at);
    if (duration >= 0) durations.add(duration);
  }

  isTransient(error: unknown): boolean {
    if (isTransient(error)) return true;
    const { submittedAt } = this.#record;
    if (submittedAt === undefined || !isWhisulError(error, 'not_found') || error.status !== 404) return false;
    return this.#context.alarms.now() - submittedAt < visibleWithin;
  }

  recover(error: unknown): boolean {
    const { alarms, events } = this.#context;
    const { failures, wait, final } = judgeFailure(this, error, this.#record.failures + 1);
    // Whoever comes back after the error begins anew; whoever comes back before it does not.
    this.#record.failures = final ? 0 : failures;
    const { code = 'engine', retryAfter = 0 } = isWhisulError(error) ? error : {};
    const now = alarms.now();
    this.#record.notBefore = now + (final ? Math.max(this.#gapAt(now), retryAfter) : wait);
    if (!final) alarms.set(this.#wake, this.#record.notBefore);
    closeGate(this.#context, error, wait);
    if (final) return false;
    if (!this.#hasEnded()) events.emit({ type: 'retry', wait, code, failures }, this.jobId);
    return true;
  }

  /** What the schedule says at that time. */
  #gapAt(time: number): number {
    return nextGapOrSound(this.#context.schedule, this.#scheduleState(time));
  }

  #nextGap(now: number): number {
    try {
      return nextGap(this.#context.schedule, this.#scheduleState(now));
    } catch (error) {
      if (!isWhisulError(error)) throw error;
      throw callError(this, error.code, error.message, { cause: error.cause });
    }
  }

  #scheduleState(time: number) {
    const { polls, firstSeen } = this.#record;
    return { polls, elapsed: time - firstSeen, durations: this.#context.durations };
  }
}
