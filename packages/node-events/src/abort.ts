import { fromEvent, share, type Observable } from 'rxjs';

const aborts = new WeakMap<AbortSignal, Observable<unknown>>();

/** One listener a signal, however many emitters it ends: Node warns of a leak at the eleventh. */
export function abort$(signal: AbortSignal): Observable<unknown> {
  const abort$ = aborts.get(signal) ?? fromEvent(signal, 'abort').pipe(share());
  aborts.set(signal, abort$);
  return abort$;
}
