import { filter, merge, Observable, Subject } from 'rxjs';

/** What an event says of a record: its new progress, or how it ended. */
export type RecordEvent =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  /** BullMQ gave the record up: the code that works on it threw. */
  | { readonly failure: string };

/** Something has happened to a record; which is in the record. */
type Tick = undefined;

/** Hands each event of the queue to those who watch its record in this process: a map, not a filter for each watcher. */
export class RecordEvents {
  readonly #watched = new Map<string, Subject<RecordEvent | Tick>>();
  readonly #leaves$ = new Subject<string>();
  readonly #missed$ = new Subject<void>();

  /** The events of one record from the subscription on. */
  of$(recordId: string): Observable<RecordEvent> {
    return this.#watch$(recordId).pipe(filter((event) => event !== undefined));
  }

  tell(recordId: string, event: RecordEvent): void {
    this.#watched.get(recordId)?.next(event);
  }

  /** Emits when a record should be read, as an event of it may have been missed. */
  look$(recordId: string): Observable<unknown> {
    return merge(this.#missed$, this.#watch$(recordId).pipe(filter((event) => event === undefined)));
  }

  tellLook(recordId: string): void {
    this.#watched.get(recordId)?.next(undefined);
  }

  /** The connection was lost: events of any record may have been missed, and the server may have forgotten what it knew. */
  readonly lost$: Observable<void> = this.#missed$.asObservable();

  tellMissed(): void {
    this.#missed$.next();
  }

  /** The records whose last subscriber in some process of the cluster has just left. */
  readonly left$: Observable<string> = this.#leaves$.asObservable();

  tellLeft(recordId: string): void {
    this.#leaves$.next(recordId);
  }

  #watch$(recordId: string): Observable<RecordEvent | Tick> {
    return new Observable((subscriber) => {
      const events$ = this.#watched.get(recordId) ?? new Subject<RecordEvent | Tick>();
      this.#watched.set(recordId, events$);
      const subscription = events$.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        if (!events$.observed) this.#watched.delete(recordId);
      };
    });
  }
}
