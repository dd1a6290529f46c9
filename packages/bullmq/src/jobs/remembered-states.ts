import type { JobState } from '@whisul-rx/core';

/** The latest states that this process has seen, for late subscribers; the least recently used one goes first. */
export class RememberedStates {
  readonly #states = new Map<string, JobState>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(jobId: string): JobState | undefined {
    const state = this.#states.get(jobId);
    if (state !== undefined) this.set(jobId, state);
    return state;
  }

  set(jobId: string, state: JobState): void {
    this.#states.delete(jobId);
    this.#states.set(jobId, state);
    if (this.#states.size <= this.#most) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      return;
    }
  }
}
