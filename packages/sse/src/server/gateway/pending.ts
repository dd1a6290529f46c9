import { BehaviorSubject, delay, filter, firstValueFrom } from 'rxjs';

/** Counts what is under way, and tells when nothing is. */
export class Pending {
  readonly #count$ = new BehaviorSubject(0);

  get count(): number {
    return this.#count$.value;
  }

  enter(): void {
    this.#count$.next(this.count + 1);
  }

  leave(): void {
    this.#count$.next(this.count - 1);
  }

  /** Resolves a turn after nothing is under way: by then the last answer is written, too. */
  async idle(): Promise<void> {
    if (this.count === 0) return;
    await firstValueFrom(
      this.#count$.pipe(
        filter((count) => count === 0),
        delay(0),
      ),
    );
  }
}
