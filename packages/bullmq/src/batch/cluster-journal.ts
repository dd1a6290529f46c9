import { type Journal, type JournalEntry, WhisulError } from '@whisul-rx/core';
import { decodeJournalEntry, encodeJournalEntry } from '@whisul-rx/core/adapter';
import { firstValueFrom } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import { hashOf, indexed } from '../cluster/hash-of.js';
import type { SubmitDesk, SubmitOrder } from '../submits/submit-desk.js';
import type { SubmitOutcome } from '../submits/submit-record.js';

/** How long finished records are surely kept, as a share of `keepFinished`: clocks differ. */
const surely = 0.5;

/**
 * The journal of a named batch, on the cluster's server. An item that it holds as `submitting` is looked up among the
 * submits of the cluster, which go on without the process that asked for them: so it is in doubt only when the worker
 * that sent its POST died in the middle.
 */
export class ClusterJournal implements Journal {
  readonly space: string;
  readonly #cluster: Cluster;
  readonly #desk: SubmitDesk;
  readonly #keepFinished: number;
  /** The submits that are about to be sent, by prompt: the batch asks for a stream right after its entry is written. */
  readonly #due = new Map<string, SubmitOrder[]>();
  /** The keys whose submit is in doubt: what is written for them next is the wish to send them again. */
  readonly #doubts = new Set<string>();
  /** The submits that were sent: what is written for them next is what became of them. */
  readonly #claimed = new Set<string>();

  constructor(cluster: Cluster, desk: SubmitDesk, name: string, keepFinished: number) {
    this.space = hashOf(name);
    this.#cluster = cluster;
    this.#desk = desk;
    this.#keepFinished = keepFinished;
  }

  async get(key: string): Promise<JournalEntry | undefined> {
    const { store } = await this.#cluster.links();
    const json = await store.get(entriesOf(this.space), fieldOf(key));
    if (json === undefined) return undefined;
    const entry = decodeJournalEntry(json);
    if (entry.state !== 'submitting') return entry;
    const known = await this.#lookUp(entry);
    this.#claimed.delete(this.#orderOf(entry).id);
    if (known.state === 'submitting') this.#doubts.add(key);
    return known;
  }

  async put(entry: JournalEntry): Promise<void> {
    const { store } = await this.#cluster.links();
    await store.put(entriesOf(this.space), fieldOf(entry.key), encodeJournalEntry(entry));
    const order = this.#orderOf(entry);
    const due = (this.#due.get(entry.prompt) ?? []).filter(({ id }) => id !== order.id);
    const isOver = this.#claimed.delete(order.id);
    if (entry.state === 'submitting' && !isOver) due.push({ ...order, again: this.#doubts.delete(entry.key) });
    if (due.length > 0) this.#due.set(entry.prompt, due);
    else this.#due.delete(entry.prompt);
  }

  async *entries(): AsyncIterable<JournalEntry> {
    const { store } = await this.#cluster.links();
    for await (const [, json] of store.entries(entriesOf(this.space))) yield decodeJournalEntry(json);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The submit that the batch means when it asks for the stream of a prompt. */
  claim(prompt: string): SubmitOrder {
    const due = this.#due.get(prompt);
    const order = due?.shift();
    if (due?.length === 0) this.#due.delete(prompt);
    if (order === undefined) throw new WhisulError('engine', `Nothing was recorded before the submit of "${prompt}".`);
    this.#claimed.add(order.id);
    return order;
  }

  /** What the cluster knows of an item whose batch was cut off in the middle of a submit. */
  async #lookUp(entry: JournalEntry): Promise<JournalEntry> {
    const order = this.#orderOf(entry);
    const found = await this.#desk.find(order);
    if (found === undefined) {
      // It was never handed over, unless that is so long ago that its record may have been dropped.
      const isSure = Date.now() - entry.at < this.#keepFinished * 1_000 * surely;
      return isSure ? { ...entry, state: 'rejected' } : entry;
    }
    const outcome: SubmitOutcome =
      found === 'pending' ? await firstValueFrom(this.#desk.outcome$(order, entry.prompt)) : found;
    if ('receipt' in outcome) return { ...entry, state: 'submitted', job: outcome.receipt };
    return outcome.refused ? { ...entry, state: 'rejected' } : entry;
  }

  #orderOf({ key, attempt }: JournalEntry): SubmitOrder {
    return { id: hashOf(JSON.stringify([this.space, key, attempt])), space: this.space };
  }
}

/** Where the entries of a batch are kept. */
export function entriesOf(space: string): string {
  return `batch:${space}`;
}

/** Plain ASCII that tells any two keys apart: what is no hash begins with a quotation mark. */
function fieldOf(key: string): string {
  const field = JSON.stringify(key).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return indexed(key, field);
}
