import type { JobLoop } from './job-loop.js';
import type { JobState } from '../model/job-schema.js';

/** What a client knows of one job. */
export interface JobRecord {
  readonly id: string;
  readonly url: string;
  /** The client's time of the submit, or of the first sight of the job. */
  readonly firstSeen: number;
  /** The client's time of its own 202, where it submitted the job. */
  submittedAt: number | undefined;
  /** The last state. */
  state: JobState | undefined;
  /** The answer that the last state was read from: the next one is mostly the same, and need not be read again. */
  answer: string | undefined;
  /** Answers so far. */
  polls: number;
  /** Requests that failed since the last answer, however often the loop was left and begun. */
  failures: number;
  /** Before this time the schedule, or a wait after a failure, allows no request. */
  notBefore: number;
  /** The loop, while there are subscribers. */
  loop: JobLoop | undefined;
}

/**
 * The jobs a client knows: those with subscribers, and up to `remember` others, finished or not, of which the least
 * recently used goes first.
 */
export class JobRecords {
  readonly #live = new Map<string, JobRecord>();
  readonly #idle = new Map<string, JobRecord>();
  readonly #remember: number;

  constructor(remember: number) {
    this.#remember = remember;
  }

  get(id: string): JobRecord | undefined {
    const record = this.#live.get(id) ?? this.#idle.get(id);
    if (record !== undefined) this.keep(record);
    return record;
  }

  /** The jobs that have subscribers. */
  live(): Iterable<JobRecord> {
    return [...this.#live.values()];
  }

  /** Files a record as most recently used, after its loop began or ended. */
  keep(record: JobRecord): void {
    this.#idle.delete(record.id);
    if (record.loop !== undefined) {
      this.#live.set(record.id, record);
      return;
    }
    this.#live.delete(record.id);
    this.#idle.set(record.id, record);
    if (this.#idle.size <= this.#remember) return;
    for (const oldest of this.#idle.keys()) {
      this.#idle.delete(oldest);
      return;
    }
  }
}
