/** The items whose turn to be sent has come, and how many more may be sent: they wait only while that is not decided. */
export class SubmitQueue<Item> {
  readonly #most: number;
  readonly #waiting: Item[] = [];
  /** POSTs that were accepted, are in doubt, or are on their way. */
  #submits = 0;
  /** Those of them that are on their way. */
  #undecided = 0;

  /** @param most - POSTs that may be accepted or in doubt */
  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** More is needed than may be sent: not before it is decided what became of each POST. */
  get isExhausted(): boolean {
    return this.#submits >= this.#most && this.#undecided === 0;
  }

  push(item: Item): void {
    this.#waiting.push(item);
  }

  /**
   * Counts one more as sent, if it may be: the given one, unless others wait, or the one that has waited longest.
   *
   * @returns what is to be sent now
   */
  take(item?: Item): Item | undefined {
    if (this.#submits >= this.#most || (item && this.#waiting.length > 0)) return undefined;
    const next = item ?? this.#waiting.shift();
    if (next === undefined) return undefined;
    this.#submits += 1;
    this.#undecided += 1;
    return next;
  }

  /** What became of a POST is known, or is known to stay in doubt. */
  decided(isPaid: boolean): void {
    this.#undecided -= 1;
    if (!isPaid) this.#submits -= 1;
  }

  /** Takes out all that wait. */
  clear(): Item[] {
    return this.#waiting.splice(0);
  }
}
