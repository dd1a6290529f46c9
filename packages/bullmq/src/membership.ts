import { setTimeout } from 'node:timers/promises';
import { isWhisulError } from '@whisul-rx/core';
import { exhaustMap, interval, merge, Subscription } from 'rxjs';
import type { Cluster } from './cluster/cluster.js';
import type { Links } from './cluster/open-links.js';
import type { EngineSettings } from './engine-options.js';
import type { Followers } from './jobs/followers.js';
import { ClusterWorker } from './worker/cluster-worker.js';

/** How long a worker waits for a server that it cannot reach before it tries again, in ms. */
const retryGap = 2_000;
/** How often a process that leaves looks whether it still can, in ms. */
const lookGap = 1_000;
/** How often a process looks whether the server still knows the budget, in ms. */
const budgetGap = 30_000;
/** How often a process that cannot say goodbye ends what is open, in ms. */
const cutGap = 100;

/** How a process joins its cluster, and how it leaves it. */
export class Membership {
  readonly #settings: EngineSettings;
  readonly #cluster: Cluster;
  readonly #followers: Followers;
  readonly #warn: (message: string) => void;
  readonly #stop = new AbortController();
  #worker: ClusterWorker | undefined;
  readonly #budget = new Subscription();
  #joining: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;

  constructor(settings: EngineSettings, cluster: Cluster, followers: Followers, warn: (message: string) => void) {
    this.#settings = settings;
    this.#cluster = cluster;
    this.#followers = followers;
    this.#warn = warn;
  }

  /** Begins to work for the cluster, if this process is to. Waits for a server that is not there yet. */
  join(): void {
    const { worker, requestsPerSecond } = this.#settings;
    if (worker || requestsPerSecond !== undefined) this.#joining = this.#join();
  }

  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  async #join(): Promise<void> {
    while (!this.#cluster.isClosed()) {
      try {
        const links = await this.#cluster.links();
        await this.#setBudget(links);
        this.#keepBudget(links);
        if (this.#cluster.isClosed()) return;
        if (this.#settings.worker) {
          this.#worker = new ClusterWorker(this.#settings, this.#cluster, this.#followers, links);
        }
        return;
      } catch (error) {
        this.#warn(`This worker cannot join its cluster yet: ${isWhisulError(error) ? error.message : String(error)}`);
        await setTimeout(retryGap, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  /** Evenly spaced: a window of a second would let two bursts touch. */
  async #setBudget({ queue, store }: Links): Promise<void> {
    const { requestsPerSecond } = this.#settings;
    if (requestsPerSecond === undefined) return;
    if (requestsPerSecond === Infinity) await queue.removeGlobalRateLimit();
    else await queue.setGlobalRateLimit(1, Math.ceil(1_000 / requestsPerSecond));
    await store.put('budget', 'requestsPerSecond', String(requestsPerSecond));
  }

  /** Sets the budget again when the server has forgotten it, but not when another process has set another. */
  #keepBudget(links: Links): void {
    if (this.#settings.requestsPerSecond === undefined) return;
    const look = async (): Promise<void> => {
      if (await links.store.isEmpty('budget')) await this.#setBudget(links);
    };
    this.#budget.add(
      merge(this.#cluster.events.lost$, interval(budgetGap))
        .pipe(exhaustMap(() => look().catch(() => undefined))) // another look follows
        .subscribe(),
    );
  }

  async #leave(): Promise<void> {
    this.#cluster.stop();
    this.#stop.abort();
    this.#budget.unsubscribe();
    const handedBack = this.#handBack();
    handedBack.catch(() => undefined);
    const isDone = await this.#untilUnreachable(handedBack);
    if (isDone) await this.#cluster.disconnect(true);
    else await this.#abandon();
  }

  /** What is still being opened meanwhile is cut, too. */
  async #abandon(): Promise<void> {
    const { server } = this.#settings;
    server.cut();
    const cutting = setInterval(() => {
      server.cut();
    }, cutGap);
    await Promise.allSettled([this.#worker?.abandon(), this.#cluster.disconnect(false)]);
    clearInterval(cutting);
    server.cut();
  }

  async #handBack(): Promise<void> {
    await this.#joining;
    await this.#worker?.close();
    await this.#followers.settled();
  }

  /** What cannot be told to the server now, the others find out from its silence. */
  async #untilUnreachable(work: Promise<void>): Promise<boolean> {
    while (true) {
      // A timer that is left behind would keep the process.
      const look = new AbortController();
      const looked = setTimeout(lookGap, false, { signal: look.signal }).catch(() => false);
      const isDone = await Promise.race([work.then(() => true), looked]).finally(() => {
        look.abort();
      });
      if (isDone) return true;
      if (!(await this.#cluster.isReachable())) return false;
    }
  }
}
