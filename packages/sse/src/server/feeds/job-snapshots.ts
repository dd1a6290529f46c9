import { ReplaySubject, Subscription, take, timer, type Observable } from 'rxjs';
import type { Frame } from '../../wire/frame.js';
import type { JobTopics, Viewer } from './job-topics.js';

/**
 * How long a job stays followed after somebody has asked for its state, in ms. The source then polls it as often as its
 * schedule allows, so the next request finds what happened meanwhile; leaving at once would end each loop before its
 * first poll, and the state that the source remembers would be told for ever.
 */
const attention = 15_000;

/** So many jobs stay followed for those who ask, at most; the one that was asked for longest ago goes first. */
const mostKept = 1_000;

/** The current states of jobs, for those who ask instead of following. */
export class JobSnapshots {
  readonly #kept = new Map<string, KeptJob>();
  readonly #topics: JobTopics;

  constructor(topics: JobTopics) {
    this.#topics = topics;
  }

  /** The latest state of a job, or its problem, as soon as it is known. Leaving it does not end the attention. */
  latest$(id: string): Observable<Frame> {
    const known = this.#kept.get(id);
    const job = known ?? new KeptJob(id, this.#topics, this.#kept);
    // Again at the end of the map: it was asked for last.
    this.#kept.delete(id);
    this.#kept.set(id, job);
    job.keep(timer(attention));
    if (known === undefined) this.#topics.join(id, job);
    const [oldest] = this.#kept.values();
    if (this.#kept.size > mostKept) oldest?.drop();
    return job.latest$;
  }

  /** Leaves all jobs. */
  close(): void {
    for (const job of [...this.#kept.values()]) job.drop();
  }
}

/** A job that somebody asks for. */
class KeptJob implements Viewer {
  readonly closed = false;
  readonly keys: readonly string[];
  readonly #frames$ = new ReplaySubject<Frame>(1);
  readonly #topics: JobTopics;
  readonly #kept: Map<string, KeptJob>;
  #attention = Subscription.EMPTY;

  constructor(id: string, topics: JobTopics, kept: Map<string, KeptJob>) {
    this.keys = [id];
    this.#topics = topics;
    this.#kept = kept;
  }

  get latest$(): Observable<Frame> {
    return this.#frames$.pipe(take(1));
  }

  keep(end$: Observable<unknown>): void {
    this.#attention.unsubscribe();
    this.#attention = end$.subscribe(() => {
      this.drop();
    });
  }

  push(_: string, frame: Frame): void {
    this.#frames$.next(frame);
  }

  /** Nothing more comes: who asks next asks the source. */
  jobEnded(): void {
    this.drop();
  }

  drop(): void {
    this.#attention.unsubscribe();
    this.#topics.leave(this);
    for (const id of this.keys) this.#kept.delete(id);
  }
}
