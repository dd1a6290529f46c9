import { isTerminal, type JobState, type WhisulError, type WhisulErrorCode } from '@whisul-rx/core';
import type { SaveProgress } from '@whisul-rx/download';
import type { Happening } from './happening.js';

/** What is known of one job of a command. */
export interface BoardItem {
  readonly index: number;
  readonly key: string;
  /** When its job was first heard of, in ms of the board's clock. */
  since: number;
  job?: JobState;
  attempt: number;
  /** It has no outcome, or its files could not be saved. */
  error?: WhisulError;
  saving?: SaveProgress;
  files?: readonly string[];
}

/** What the happenings of a command add up to. */
export class Board {
  readonly items = new Map<number, BoardItem>();
  readonly #active = new Map<number, BoardItem>();
  readonly #now: () => number;
  readonly #durations: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Those whose job or files are under way, the oldest first. */
  get active(): readonly BoardItem[] {
    return [...this.#active.values()];
  }

  /** What became of all of them. Failed jobs that are submitted again count once they have failed for good. */
  get counts(): { made: number; failed: number; problems: number; unsaved: number } {
    const counts = { made: 0, failed: 0, problems: 0, unsaved: 0 };
    for (const { job, error } of this.items.values()) {
      if (job?.status === 'completed') {
        counts.made += 1;
        if (error !== undefined) counts.unsaved += 1;
      } else if (error !== undefined) counts.problems += 1;
      else if (job?.status === 'failed') counts.failed += 1;
    }
    return counts;
  }

  /** One error code for each item that has no song, or no files. */
  get failures(): WhisulErrorCode[] {
    return [...this.items.values()].flatMap(({ job, error }) => {
      if (error !== undefined) return [error.code];
      return job?.status === 'failed' ? ['job_failed' as const] : [];
    });
  }

  /** Items that are about to be submitted, so that they are shown from the beginning. */
  expect(labels: readonly string[]): void {
    labels.forEach((key, index) => {
      const item = { index, key, since: this.#now(), attempt: 1 };
      this.items.set(index, item);
      this.#active.set(index, item);
    });
  }

  /** Ms that a job takes, from those that were seen to begin and to end. */
  expected(fallback: number): number {
    const sorted = [...this.#durations].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? fallback;
  }

  apply(happening: Happening): BoardItem {
    const { index, key } = happening;
    const now = this.#now();
    const item = this.items.get(index) ?? { index, key, since: now, attempt: 1 };
    this.items.set(index, item);
    switch (happening.type) {
      case 'state':
        this.#applyState(item, happening.job, happening.attempt, now);
        break;
      case 'problem':
      case 'unsaved':
        item.error = happening.error;
        this.#active.delete(index);
        break;
      case 'saving':
        item.saving = happening.progress;
        this.#active.set(index, item);
        break;
      case 'saved':
        item.files = happening.files.map(({ path }) => path);
        this.#active.delete(index);
        break;
      default:
        happening satisfies never;
    }
    return item;
  }

  #applyState(item: BoardItem, job: JobState, attempt: number, now: number): void {
    if (item.attempt !== attempt) {
      item.attempt = attempt;
      item.since = now;
    }
    if (!isTerminal(job)) this.#active.set(item.index, item);
    else if (this.#active.delete(item.index)) {
      this.#durations.push(now - item.since);
      if (this.#durations.length > 50) this.#durations.shift();
    }
    item.job = job;
  }
}
