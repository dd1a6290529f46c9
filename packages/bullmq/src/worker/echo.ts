/** When each change is told again, in ms. By then, a transaction that ended at the same time as the one before is over. */
const delays = [1_000, 2_000];

/** Tells of each change of a record again a little later, where an event may have been missed, and this one too. */
export class Echo {
  readonly #publish: (recordId: string) => Promise<unknown>;
  readonly #due = new Map<string, NodeJS.Timeout>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(publish: (recordId: string) => Promise<unknown>) {
    this.#publish = publish;
  }

  of(recordId: string): void {
    this.#begin(recordId, delays);
  }

  /** Tells at once what is still to be told. */
  async close(): Promise<void> {
    for (const timer of this.#due.values()) clearTimeout(timer);
    for (const recordId of this.#due.keys()) this.#tell(recordId);
    this.#due.clear();
    await this.#last;
  }

  #begin(recordId: string, [delay, ...later]: readonly number[]): void {
    clearTimeout(this.#due.get(recordId));
    const tell = (): void => {
      this.#due.delete(recordId);
      this.#tell(recordId);
      if (later.length > 0) this.#begin(recordId, later);
    };
    this.#due.set(recordId, setTimeout(tell, delay));
  }

  /** One after the other: what is told at the same time is what makes an event missed. */
  #tell(recordId: string): void {
    this.#last = this.#last.then(() => this.#publish(recordId)).catch(() => undefined);
  }
}
