import { type Observable } from 'rxjs';

/** Why a request is given up: nobody follows its job, the worker closes, it takes too long. */
export type StopReason = 'left' | 'closing' | 'timeout';

/** What became of a request. */
export type RequestOutcome<T> = { readonly value: T } | { readonly error: unknown } | { readonly stopped: StopReason };

/** Makes a request that may be given up. */
export async function stoppableRequest<T>(
  stops$: Observable<StopReason>,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<RequestOutcome<T>> {
  const controller = new AbortController();
  let stopped: StopReason | undefined;
  const watch = stops$.subscribe((reason) => {
    stopped ??= reason;
    controller.abort();
  });
  try {
    return { value: await request(controller.signal) };
  } catch (error) {
    return stopped === undefined ? { error } : { stopped };
  } finally {
    watch.unsubscribe();
  }
}
