import type { BatchItem } from './batch-item.js';

/**
 * The items of a run that have not ended. An array with a slot for each, because the garbage of a Map or Set that is
 * always in use keeps the garbage that it points to: a long batch took three times as long for each item.
 */
export class LiveItems {
  readonly #slots: BatchItem[] = [];

  add(item: BatchItem): void {
    item.slot = this.#slots.push(item) - 1;
  }

  delete(item: BatchItem): void {
    const last = this.#slots.pop();
    if (last === undefined || last === item) return;
    this.#slots[item.slot] = last;
    last.slot = item.slot;
  }

  /** As they came; later changes do not show. */
  inOrder(): BatchItem[] {
    return [...this.#slots].sort((a, b) => a.request.index - b.request.index);
  }
}
