import { WhisulError, type GenerateRequest, type JobEngine, type JobState } from '@whisul-rx/core';
import { parseJobRef, parsePrompt } from '@whisul-rx/core/adapter';
import * as rx from 'rxjs';

/** What the near end of a wire sees when it is cut. */
const lost = new Error('The connection was lost.');

/** How the near end of a wire takes a loss; what the contract asks by default. */
export interface WireHabits {
  /** Subscribes again after a loss. */
  readonly again: (overWire: () => rx.Observable<JobState>) => rx.Observable<JobState>;
  /** What a loss makes of a POST that was in flight. */
  readonly lostPost: (request: GenerateRequest, post: () => rx.Observable<JobState>) => rx.Observable<JobState>;
}

/** Subscribes again a moment after each loss, and leaves out what is known. */
export function reconnecting(overWire: () => rx.Observable<JobState>): rx.Observable<JobState> {
  return rx
    .defer(overWire)
    .pipe(
      rx.retry({ delay: (error: unknown) => (error === lost ? rx.timer(1) : rx.throwError(() => error)) }),
      rx.distinctUntilKeyChanged('status'),
    );
}

const unknownPost = (request: GenerateRequest): rx.Observable<never> =>
  rx.throwError(
    () => new WhisulError('submit_unknown', 'May have been accepted and charged.', { prompt: parsePrompt(request) }),
  );

/** An engine at the far end of a connection that can be cut. */
export function createTinyWire(
  far: JobEngine,
  { again = reconnecting, lostPost = unknownPost }: Partial<WireHabits> = {},
): { engine: JobEngine; breakConnection(): void } {
  const cut$ = new rx.Subject<void>();
  const followed = new Map<string, rx.Observable<JobState>>();
  const loss$ = cut$.pipe(rx.mergeMap(() => rx.throwError(() => lost)));
  /** A stream as it comes over the wire: until its end, or until the wire is cut. */
  const overWire = <T>(stream$: rx.Observable<T>): rx.Observable<T> =>
    rx.merge(stream$.pipe(rx.materialize()), loss$).pipe(rx.dematerialize());

  const job$: JobEngine['job$'] = (ref) =>
    rx.defer(() => {
      const { id } = parseJobRef(ref);
      const job =
        followed.get(id) ??
        again(() => overWire(far.job$(id))).pipe(
          rx.share({ connector: () => new rx.ReplaySubject(1), resetOnComplete: false }),
        );
      followed.set(id, job);
      return job;
    });

  const generate$: JobEngine['generate$'] = (request) => {
    const post = () => overWire(far.generate$(request).pipe(rx.take(1)));
    const receipt$ = rx.defer(post).pipe(
      rx.catchError((error: unknown) => (error === lost ? lostPost(request, post) : rx.throwError(() => error))),
      rx.share({
        connector: () => new rx.ReplaySubject<JobState>(1),
        resetOnComplete: false,
        resetOnError: false,
        resetOnRefCountZero: false,
      }),
    );
    return receipt$.pipe(
      rx.switchMap((receipt) => job$(receipt).pipe(rx.startWith(receipt), rx.distinctUntilKeyChanged('status'))),
    );
  };

  return { engine: { job$, generate$ }, breakConnection: () => cut$.next() };
}
