import type { Links } from '../cluster/open-links.js';
import { keptEvents } from '../cluster/open-links.js';

/** By then a transaction that ended at the same time is over, in ms. */
const delay = 1_000;

/** Tells of each change of a record once more a little later, where an event may have been missed. */
export class Echo {
  readonly #links: Links;
  readonly #due = new Map<string, NodeJS.Timeout>();

  constructor(links: Links) {
    this.#links = links;
  }

  of(recordId: string): void {
    clearTimeout(this.#due.get(recordId));
    this.#due.set(
      recordId,
      setTimeout(() => {
        this.#due.delete(recordId);
        this.#tell(recordId).catch(() => undefined);
      }, delay),
    );
  }

  /** Tells at once what is still to be told. */
  async close(): Promise<void> {
    for (const timer of this.#due.values()) clearTimeout(timer);
    await Promise.allSettled([...this.#due.keys()].map((recordId) => this.#tell(recordId)));
    this.#due.clear();
  }

  async #tell(jobId: string): Promise<void> {
    await this.#links.queue.getBackend().publishEvent({ event: 'look', jobId }, keptEvents);
  }
}
