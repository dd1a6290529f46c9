import { isTerminal, isWhisulError, type Job, WhisulError } from '@whisul-rx/core';
import { isTransient, retryWait } from '@whisul-rx/core/adapter';
import { DelayedError } from 'bullmq';
import { engineError } from '../cluster/engine-error.js';
import { packed } from '../cluster/packed.js';
import { patiently } from '../cluster/patiently.js';
import { retold } from '../error-record.js';
import { followersOf } from '../jobs/followers.js';
import { jobTimeoutError } from '../jobs/job-following.js';
import { type PollData, type PollEnd, readLastState, readPollData } from '../jobs/poll-record.js';
import { assertHeld, gapOf, handBackDelay, type Holding, wholeMs, type WorkerContext } from './worker-context.js';

/** For this long after its submit, a 404 counts as a failed poll: the id may not be visible everywhere yet. In ms. */
const visibleWithin = 60_000;

/** One turn of one job's polling: at most one request; then the record waits for its next turn, or ends. */
export function runPoll(context: WorkerContext, holding: Holding): Promise<PollEnd> {
  return new PollTurn(context, holding).run();
}

class PollTurn {
  readonly #context: WorkerContext;
  readonly #holding: Holding;
  readonly #last: ReturnType<typeof readLastState>;
  #data: PollData;

  constructor(context: WorkerContext, holding: Holding) {
    this.#context = context;
    this.#holding = holding;
    this.#data = readPollData(holding.record);
    this.#last = readLastState(holding.record);
  }

  async run(): Promise<PollEnd> {
    const { jobTimeout } = this.#context.settings;
    const now = Date.now();
    const { parkedUntil, id } = this.#data;
    if (!(await this.#isFollowed())) return this.#park(parkedUntil ?? now);
    if (parkedUntil !== undefined && parkedUntil > now) return this.#waitUntil(parkedUntil);
    if (this.#data.since === 0) await this.#write({ since: now, parkedUntil: undefined });
    if (now - this.#data.since >= jobTimeout) return this.#fail(jobTimeoutError(id, jobTimeout), now);
    return this.#poll(now);
  }

  async #poll(sentAt: number): Promise<PollEnd> {
    const { settings, openPolls } = this.#context;
    if (this.#context.isClosing()) return this.#waitUntil(sentAt);
    const { id, poll_url } = this.#data;
    const recordId = this.#holding.record.id ?? '';
    // The worker ends it: by the event that somebody has left, or when it closes.
    const stop = openPolls.begin(recordId, id);
    const ref = poll_url === undefined ? id : { job_id: id, poll_url };
    const answer = settings.whisul.getJob(ref, { signal: stop.signal });
    const outcome = await answer.then(
      (job) => ({ job }),
      (error: unknown) => ({ error }),
    );
    openPolls.end(recordId, stop);
    if ('job' in outcome) return this.#take(outcome.job);
    if (!stop.signal.aborted) return this.#recover(outcome.error);
    return (await this.#isFollowed()) ? this.#waitUntil(Date.now()) : this.#park(sentAt + this.#gap(sentAt));
  }

  async #take(job: Job): Promise<PollEnd> {
    const { record } = this.#holding;
    const now = Date.now();
    const news = { n: this.#nextNumber(now), state: job };
    if (isTerminal(job)) {
      this.#context.durations.add(job);
      return news;
    }
    if (this.#last?.state.status !== job.status) await patiently(() => record.updateProgress(packed(news)));
    if (this.#data.failures > 0) await this.#write({ failures: 0 });
    return this.#waitUntil(now + this.#gap(now));
  }

  async #recover(error: unknown): Promise<PollEnd> {
    const { policy } = this.#context.settings;
    const now = Date.now();
    // The client of this process was closed, which says nothing about the job.
    if (isWhisulError(error, 'closed')) return this.#waitUntil(now + handBackDelay);
    const retryAfter = isWhisulError(error) ? (error.retryAfter ?? 0) : 0;
    const failures = this.#data.failures + 1;
    if (!this.#isTransient(error, now) || failures >= policy.maxFailures || retryAfter > policy.maxRetryAfter) {
      return this.#fail(
        engineError(error, { jobId: this.#data.id }),
        now + wholeMs(Math.max(this.#gap(now), retryAfter)),
      );
    }
    await this.#write({ failures });
    return this.#waitUntil(now + wholeMs(retryWait(policy, failures, Math.random, retryAfter)));
  }

  #isTransient(error: unknown, now: number): boolean {
    const { submittedAt = -Infinity } = this.#data;
    const isNew = isWhisulError(error, 'not_found') && error.status === 404 && now - submittedAt < visibleWithin;
    return isNew || isTransient(error);
  }

  /** Ends the record with an error. A later follower begins anew, and not earlier than that time. */
  async #fail(error: WhisulError, notBefore: number): Promise<PollEnd> {
    const { id } = this.#data;
    await this.#write({ since: 0, failures: 0, parkedUntil: notBefore });
    const lastState = this.#last?.state;
    const told = retold(error, error.message, { jobId: id, lastState });
    return { n: this.#nextNumber(Date.now()), error: told.toJSON() };
  }

  /** Nobody follows the job: the record waits to be woken, and one that nobody wakes is dropped. */
  async #park(parkedUntil: number): Promise<PollEnd> {
    const { record } = this.#holding;
    const now = Date.now();
    const kept = this.#context.settings.keepFinished * 1_000;
    if (now >= parkedUntil + kept) return this.#fail(new WhisulError('closed', 'Nobody followed the job.'), now);
    await this.#write({ since: 0, parkedUntil });
    await record.moveToDelayed(parkedUntil + kept, this.#holding.token);
    // A follower that came in between found the record in work and did not wake it. It fails where that one did.
    if (await this.#isFollowed()) await record.changeDelay(Math.max(0, parkedUntil - now)).catch(() => undefined);
    throw new DelayedError();
  }

  async #waitUntil(time: number): Promise<never> {
    const { record, token } = this.#holding;
    // The poll was made: a server that is away for a moment must not have it made again.
    await patiently(() => record.moveToDelayed(time, token));
    throw new DelayedError();
  }

  async #isFollowed(): Promise<boolean> {
    const { cluster, followers } = this.#context;
    if (followers.has(this.#data.id)) return true;
    const { store } = await cluster.links();
    return !(await store.isEmpty(followersOf(this.#data.id)));
  }

  async #write(change: Partial<PollData>): Promise<void> {
    await assertHeld(this.#holding);
    this.#data = { ...this.#data, ...change };
    await patiently(() => this.#holding.record.updateData(packed(this.#data)));
  }

  #gap(now: number): number {
    const { submittedAt, since } = this.#data;
    return gapOf(this.#context, this.#holding.record.attemptsStarted, now - (submittedAt ?? (since || now)));
  }

  /** Grows with each state of a job, also when its record is lost and begun again. */
  #nextNumber(now: number): number {
    return Math.max((this.#last?.n ?? 0) + 1, (this.#data.newest ?? 0) + 1, now);
  }
}
