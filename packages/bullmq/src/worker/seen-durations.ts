import type { DurationHistory, JobState } from '@whisul-rx/core';

const most = 200;
/** Ms; what is known before the first job has finished. */
const prior = 100_000;

/** How long the last jobs took that this process has seen finish. */
export class SeenDurations implements DurationHistory {
  readonly #last: number[] = [];

  get count(): number {
    return this.#last.length;
  }

  add(job: JobState): void {
    if (job.status !== 'completed' && job.status !== 'failed') return;
    const duration = Date.parse(job.finished_at ?? '') - Date.parse(job.started_at ?? '');
    if (!(duration >= 0)) return;
    this.#last.push(duration);
    if (this.#last.length > most) this.#last.shift();
  }

  quantile(p: number): number {
    const sorted = [...this.#last].sort((a, b) => a - b);
    return sorted[Math.round(p * (sorted.length - 1))] ?? prior;
  }
}
