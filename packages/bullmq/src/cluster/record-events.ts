import { filter, Observable, Subject } from 'rxjs';

/** What an event says of a record: its new progress, or how it ended. */
export type RecordEvent =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  /** BullMQ gave the record up: the code that works on it threw. */
  | { readonly failure: string };

/** Hands each event of the queue to those who watch its record in this process: a map, not a filter for each watcher. */
export class RecordEvents {
  readonly #watched = new Map<string, Subject<RecordEvent>>();
  readonly #leaves$ = new Subject<string>();
  readonly #reread$ = new Subject<void>();

  /** The events of one record from the subscription on. */
  of$(recordId: string): Observable<RecordEvent> {
    return new Observable<RecordEvent>((subscriber) => {
      const events$ = this.#watched.get(recordId) ?? new Subject<RecordEvent>();
      this.#watched.set(recordId, events$);
      const subscription = events$.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        if (!events$.observed) this.#watched.delete(recordId);
      };
    });
  }

  tell(recordId: string, event: RecordEvent): void {
    this.#watched.get(recordId)?.next(event);
  }

  /** Somewhere in the cluster the last subscriber of a process has left this record. */
  left$(recordId: string): Observable<string> {
    return this.#leaves$.pipe(filter((id) => id === recordId));
  }

  tellLeft(recordId: string): void {
    this.#leaves$.next(recordId);
  }

  /** Events may have been missed: the connection was lost. */
  readonly reread$: Observable<void> = new Observable((subscriber) => this.#reread$.subscribe(subscriber));

  tellReread(): void {
    this.#reread$.next();
  }
}
