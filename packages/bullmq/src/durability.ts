import { WhisulError } from '@whisul-rx/core';
import type { Cluster } from './cluster/cluster.js';

/** Looks once whether the server keeps what it acknowledges: a record that it loses can mean a second, paid POST. */
export class Durability {
  readonly #cluster: Cluster;
  readonly #required: boolean;
  readonly #warn: (message: string) => void;
  #risk: Promise<string | undefined> | undefined;

  constructor(cluster: Cluster, required: boolean, warn: (message: string) => void) {
    this.#cluster = cluster;
    this.#required = required;
    this.#warn = warn;
  }

  /** Rejects with `engine` when the server may lose a record and that is not allowed. */
  async check(): Promise<void> {
    this.#risk ??= this.#look();
    const risk = await this.#risk.catch((error: unknown) => {
      this.#risk = undefined;
      throw error;
    });
    if (risk === undefined || !this.#required) return;
    throw new WhisulError('engine', `Nothing was submitted: \`requireDurable\` is set, and ${risk}.`);
  }

  async #look(): Promise<string | undefined> {
    const { store } = await this.#cluster.links();
    const risk = await store.findRisk().catch(() => 'the server does not say whether it keeps what it acknowledges');
    if (risk !== undefined) this.#warn(`A paid submit may be forgotten and sent twice: ${risk}.`);
    return risk;
  }
}
