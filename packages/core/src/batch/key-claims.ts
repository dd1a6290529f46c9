import type { Journal } from './journal.js';

/** Who is at work on a key of a journal. */
export interface KeyClaim {
  /** Set when its run was left; resolves when nothing more is written about the key. */
  readonly settled: Promise<void> | undefined;
}

/**
 * Who was the last to take each key of a journal, whichever run that is of: a run that was left may still be writing
 * down what became of its last POSTs, and the next run has to wait for that.
 */
export class KeyClaims {
  static readonly #all = new WeakMap<Journal, KeyClaims>();
  readonly #claims = new Map<string, KeyClaim>();

  static of(journal: Journal): KeyClaims {
    const known = this.#all.get(journal) ?? new KeyClaims();
    this.#all.set(journal, known);
    return known;
  }

  /** @returns what has to be waited for, or `undefined` if the key is taken */
  take(key: string, claim: KeyClaim): Promise<void> | undefined {
    const before = this.#claims.get(key);
    if (before && !before.settled) return undefined;
    this.#claims.set(key, claim);
    return before?.settled ?? Promise.resolve();
  }

  /** The same item goes on under another claim. */
  pass(key: string, claim: KeyClaim): void {
    this.#claims.set(key, claim);
  }

  release(key: string, claim: KeyClaim): void {
    if (this.#claims.get(key) === claim) this.#claims.delete(key);
  }
}
