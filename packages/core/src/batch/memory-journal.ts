import { WhisulError } from '../model/whisul-error.js';
import type { Journal, JournalEntry } from './journal.js';
import { pendingReceipts } from './pending-receipts.js';

/**
 * A journal in memory. It does what a journal on disk does, but it is lost when the process ends. For tests, and to run
 * a batch again within one process.
 *
 * @returns a journal whose every method rejects with code `journal` after `close()`
 * @example
 * ```ts
 * import { memoryJournal, type Whisul } from '@whisul-rx/core';
 *
 * const makeAll = (whisul: Whisul, prompts: string[]) =>
 *   whisul.batch$(prompts, { journal: memoryJournal() });
 * ```
 */
export function memoryJournal(): Journal {
  const kept = new Map<string, JournalEntry>();
  const receipts = pendingReceipts();
  let closed = false;
  const open = (): Map<string, JournalEntry> => {
    if (closed)
      throw new WhisulError('journal', 'This journal in memory is closed; make another with memoryJournal().');
    return kept;
  };
  // Copies, because a journal on disk hands out copies too.
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a closed journal must reject, not throw
    async get(key) {
      const entry = open().get(key);
      return entry && structuredClone(entry);
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async put(entry) {
      open().set(entry.key, structuredClone(entry));
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async *entries() {
      for (const entry of open().values()) yield structuredClone(entry);
    },
    hold: receipts.hold,
    async close() {
      await receipts.settle();
      closed = true;
      kept.clear();
    },
  };
}
