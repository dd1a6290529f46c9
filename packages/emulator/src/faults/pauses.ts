import { defer, finalize, firstValueFrom, fromEvent, map, merge, Subject, timer, type Observable } from 'rxjs';

/** Answers that are held back. Both waits reject with the reason when the request is aborted, and on `close()`. */
export interface Pauses {
  /** Resolves after `ms`. */
  pause(ms: number, request: Request): Promise<void>;
  /** Never resolves. Rejects as well when the reader of the answer has left. */
  hang(request: Request, left?: AbortSignal): Promise<never>;
  /** Ends every wait with this error, those to come included. */
  close(error: Error): void;
}

function aborted$(signal: AbortSignal): Observable<never> {
  signal.throwIfAborted();
  const fail = (): never => {
    throw signal.reason;
  };
  return fromEvent(signal, 'abort').pipe(map(fail));
}

export function createPauses(): Pauses {
  const closed$ = new Subject<never>();
  // A request's signal is no longer told of aborts once the request is collected, and nothing else need hold the
  // request of an answer that is never given.
  const held = new Set<Request>();

  const cutShort = (request: Request, left = request.signal): Observable<never> =>
    defer(() => {
      held.add(request);
      return merge(closed$, aborted$(request.signal), aborted$(left));
    }).pipe(finalize(() => held.delete(request)));

  return {
    async pause(ms, request) {
      await firstValueFrom(merge(cutShort(request), timer(ms)));
    },
    hang: (request, left) => firstValueFrom(cutShort(request, left)),
    close: (error) => closed$.error(error),
  };
}
