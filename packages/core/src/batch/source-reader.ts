import type { Source, Step } from './open-source.js';

/** What hears of a source. It is told of an item also when the source was closed while it was asked for it. */
export interface SourceListener {
  pulled(item: unknown): void;
  failed(cause: unknown): void;
  ended(): void;
}

/** Takes the items out of a source one at a time, and closes it. */
export class SourceReader {
  /** Nothing more is to be asked for. */
  ended = false;
  readonly #source: Source;
  readonly #listener: SourceListener;
  /** The source was asked and has not answered. */
  #asked = false;

  constructor(source: Source, listener: SourceListener) {
    this.#source = source;
    this.#listener = listener;
  }

  /** Whether it may be asked for an item. */
  get isReady(): boolean {
    return !this.ended && !this.#asked;
  }

  pull(): void {
    const source = this.#source;
    this.#asked = true;
    try {
      if (source.async) Promise.resolve(source.items.next()).then(this.#answer.bind(this)).catch(this.#fail.bind(this));
      else this.#answer(source.items.next());
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Does not wait for the source: one that is in an await of its own, or never comes out of its clean-up, must not hold
   * the batch up. As with for await, what it throws on being closed does not replace the reason for closing it.
   */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    // A generator cannot be closed by what it does itself in the middle of a step; it is when the step is done.
    if (!this.#asked || this.#source.async) this.#return();
  }

  #answer(step: Step): void {
    this.#asked = false;
    // `in` throws for what is no object, as a loop over the source would; such a step would never say that it is done.
    if ('done' in step && step.done) {
      this.ended = true;
      this.#listener.ended();
      return;
    }
    if (this.ended && !this.#source.async) this.#return();
    this.#listener.pulled(step.value);
  }

  #fail(cause: unknown): void {
    this.#asked = false;
    if (this.ended) {
      this.#listener.ended();
      return;
    }
    this.ended = true;
    this.#listener.failed(cause);
  }

  #return(): void {
    try {
      Promise.resolve(this.#source.items.return?.()).catch(() => undefined);
    } catch {
      // As above.
    }
  }
}
