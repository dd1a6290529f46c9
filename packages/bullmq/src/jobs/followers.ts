import { randomUUID } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.js';
import { keptEvents } from '../cluster/open-links.js';
import { pollRecordId } from './poll-record.js';

/** Where the cluster keeps which processes follow a job: it is polled while there is one. */
export function followersOf(jobId: string): string {
  return `followers:${pollRecordId(jobId)}`;
}

/** Which jobs this process follows, kept in step with the store: the last wish for a job wins, whatever came before. */
export class Followers {
  readonly #cluster: Cluster;
  readonly #process = randomUUID();
  readonly #wanted = new Set<string>();
  readonly #entered = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  has(jobId: string): boolean {
    return this.#wanted.has(jobId);
  }

  /** Resolves when the store knows that this process follows the job. */
  enter(jobId: string): Promise<void> {
    this.#wanted.add(jobId);
    return this.#settle(jobId);
  }

  /** As `enter`, for a store that has lost what it knew. Does nothing for a job that this process has left. */
  async enterAgain(jobId: string): Promise<void> {
    if (!this.has(jobId)) return;
    const { store } = await this.#cluster.links();
    await store.put(followersOf(jobId), this.#process, '');
    this.#entered.add(jobId);
    // It may have left meanwhile.
    await this.#settle(jobId);
  }

  /** Resolves when the store knows that this process does not follow the job any more. */
  leave(jobId: string): Promise<void> {
    this.#wanted.delete(jobId);
    return this.#settle(jobId);
  }

  /** Resolves when the store knows all that was wished so far. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#working.values());
  }

  #settle(jobId: string): Promise<void> {
    const work = this.#working.get(jobId) ?? this.#write(jobId);
    this.#working.set(jobId, work);
    return work;
  }

  async #write(jobId: string): Promise<void> {
    try {
      const { store, queue } = await this.#cluster.links();
      while (this.#wanted.has(jobId) !== this.#entered.has(jobId)) {
        if (this.#wanted.has(jobId)) {
          await store.put(followersOf(jobId), this.#process, '');
          this.#entered.add(jobId);
        } else {
          await store.remove(followersOf(jobId), this.#process);
          this.#entered.delete(jobId);
          await queue.getBackend().publishEvent({ event: 'left', jobId: pollRecordId(jobId) }, keptEvents);
        }
      }
    } finally {
      // In the turn of the last look, so that no wish comes between the two.
      this.#working.delete(jobId);
    }
  }
}
