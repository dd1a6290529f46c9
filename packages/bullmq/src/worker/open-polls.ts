/** The polls under way, by the ids of their records, each with a signal that gives the record back, or parks it. */
export class OpenPolls {
  readonly #open = new Map<string, { readonly jobId: string; readonly stop: AbortController }>();
  /** Those whose poll ended by itself, to be used again: a new one costs a fifth of a poll. */
  readonly #spare: AbortController[] = [];

  /** The job that the poll under way asks for. */
  jobOf(recordId: string): string | undefined {
    return this.#open.get(recordId)?.jobId;
  }

  begin(recordId: string, jobId: string): AbortController {
    const stop = this.#spare.pop() ?? new AbortController();
    this.#open.set(recordId, { jobId, stop });
    return stop;
  }

  end(recordId: string, stop: AbortController): void {
    // A worker that was held up may have lost the record, and taken it up again itself.
    if (this.#open.get(recordId)?.stop === stop) this.#open.delete(recordId);
    if (!stop.signal.aborted) this.#spare.push(stop);
  }

  abort(recordId: string): void {
    this.#open.get(recordId)?.stop.abort();
  }

  abortAll(): void {
    for (const { stop } of this.#open.values()) stop.abort();
  }
}
