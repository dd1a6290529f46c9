import { WhisulError } from '../model/whisul-error.js';

/** What a journal waits for before it closes; see {@link pendingReceipts}. */
export interface PendingReceipts {
  /** The `hold` of the journal. Throws a `WhisulError` with code `journal` once `settle` was called. */
  readonly hold: (written: Promise<unknown>) => void;
  /** Resolves when everything that is held has settled, or after `atMost` ms. Never rejects. */
  readonly settle: () => Promise<void>;
}

/**
 * For a journal of your own: makes its `close()` wait until the receipt of every POST in flight is written.
 *
 * @param options - `atMost`: how long to wait, in ms; by default 120_000, four times the `requestTimeout` of a client.
 * Only an engine that never answers takes that long.
 * @example
 * ```ts
 * import type { Journal } from '@whisul-rx/core';
 * import { pendingReceipts } from '@whisul-rx/core/adapter';
 *
 * function closingLate(journal: Journal): Journal {
 *   const receipts = pendingReceipts();
 *   const close = () => receipts.settle().then(() => journal.close());
 *   return { ...journal, hold: receipts.hold, close };
 * }
 * ```
 */
export function pendingReceipts({ atMost = 120_000 }: { atMost?: number } = {}): PendingReceipts {
  const held = new Set<Promise<unknown>>();
  let settled: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  return {
    hold(written) {
      if (settled) throw new WhisulError('journal', 'The journal is being closed.');
      held.add(written);
      const drop = (): void => {
        held.delete(written);
        if (held.size === 0) wake?.();
      };
      written.then(drop, drop);
    },
    settle: () =>
      (settled ??= new Promise<void>((resolve) => {
        if (held.size === 0) {
          resolve();
          return;
        }
        const timer = setTimeout(resolve, atMost);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      })),
  };
}
