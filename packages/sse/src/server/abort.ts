import { fromEvent, NEVER, of, share, take, type Observable } from 'rxjs';

const aborts = new WeakMap<AbortSignal, Observable<unknown>>();

/**
 * Emits when a signal aborts, or has; never where there is none. One listener a signal, however many it ends: Node warns
 * of a leak at the eleventh.
 */
export function abort$(signal: AbortSignal | undefined): Observable<unknown> {
  if (signal === undefined) return NEVER;
  if (signal.aborted) return of(undefined);
  const abort$ = aborts.get(signal) ?? fromEvent(signal, 'abort').pipe(take(1), share());
  aborts.set(signal, abort$);
  return abort$;
}
