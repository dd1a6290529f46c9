import { fromEvent, NEVER, of, share, take, type Observable } from 'rxjs';

const aborts = new WeakMap<AbortSignal, Observable<unknown>>();

/**
 * For adapters: emits when a signal aborts, or has, and completes; never where there is none. One listener a signal,
 * however many it ends: Node warns of a leak at the eleventh. Unsubscribing the last one removes it.
 *
 * @example
 * ```ts
 * import { abort$ } from '@whisul-rx/core/adapter';
 * import { interval, takeUntil } from 'rxjs';
 *
 * const ticks$ = (signal?: AbortSignal) => interval(1_000).pipe(takeUntil(abort$(signal)));
 * ```
 */
export function abort$(signal: AbortSignal | undefined): Observable<unknown> {
  if (signal === undefined) return NEVER;
  if (signal.aborted) return of(undefined);
  const abort$ = aborts.get(signal) ?? fromEvent(signal, 'abort').pipe(take(1), share());
  aborts.set(signal, abort$);
  return abort$;
}
