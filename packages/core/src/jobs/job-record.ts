import type { Observable, Subject } from 'rxjs';
import type { JobState } from '../model/job-schema.js';

/** What a client knows of one job. */
export interface JobRecord {
  readonly id: string;
  readonly url: string;
  /** The client's time of the submit, or of the first sight of the job. */
  readonly firstSeen: number;
  /** The client's time of its own 202, if it submitted the job. */
  submittedAt: number | undefined;
  /** The last state. */
  state: JobState | undefined;
  /** The answer that the last state was read from: the next one is mostly the same, and need not be read again. */
  answer: string | undefined;
  /** Answers so far. */
  polls: number;
  /** Requests that failed since the last answer, however often subscribers left and came back. */
  failures: number;
  /** Before this time the schedule, or a wait after a failure, allows no request. */
  notBefore: number;
  /** When the request left that has not been answered. */
  sentAt: number | undefined;
  /** The API does not know the id. */
  unknown: boolean;
  /** The one loop that polls it, shared by all its subscribers. */
  transitions$: Observable<JobState> | undefined;
  /** The subscribers of that loop, while there are any. */
  subscribers$: Subject<JobState> | undefined;
}

/**
 * The jobs a client knows: those with subscribers, and up to `remember` others, finished or not. Ids that the API does
 * not know have a pool of the same size to themselves: they must not push out real jobs, and are not asked for at once
 * again. The least recently used go first.
 */
export class JobRecords {
  readonly #live = new Map<string, JobRecord>();
  readonly #idle = new Map<string, JobRecord>();
  readonly #unknown = new Map<string, JobRecord>();
  readonly #remember: number;

  constructor(remember: number) {
    this.#remember = remember;
  }

  get(id: string): JobRecord | undefined {
    const record = this.#live.get(id) ?? this.#idle.get(id) ?? this.#unknown.get(id);
    if (record !== undefined) this.keep(record);
    return record;
  }

  /** The jobs that have subscribers. */
  live(): readonly JobRecord[] {
    return [...this.#live.values()];
  }

  /** Files a record as most recently used, after its subscribers have come or gone. */
  keep(record: JobRecord): void {
    const { id, subscribers$, unknown } = record;
    this.#idle.delete(id);
    this.#unknown.delete(id);
    if (subscribers$ !== undefined) {
      this.#live.set(id, record);
      return;
    }
    this.#live.delete(id);
    const pool = unknown ? this.#unknown : this.#idle;
    pool.set(id, record);
    if (pool.size <= this.#remember) return;
    for (const oldest of pool.keys()) {
      pool.delete(oldest);
      return;
    }
  }
}
