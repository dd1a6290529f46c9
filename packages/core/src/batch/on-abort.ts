const listening = new WeakMap<AbortSignal, { readonly stops: Set<() => void>; readonly listener: () => void }>();

/**
 * Calls `stop` when a signal aborts. One listener a signal, however many batches share it: Node warns of a leak at the
 * eleventh. The last one to forget it removes it.
 *
 * @returns forgets it
 */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const { stops, listener } = listening.get(signal) ?? listen(signal);
  stops.add(stop);
  return () => {
    stops.delete(stop);
    if (stops.size > 0) return;
    signal.removeEventListener('abort', listener);
    listening.delete(signal);
  };
}

function listen(signal: AbortSignal) {
  const stops = new Set<() => void>();
  const listener = (): void => {
    for (const stop of [...stops]) stop();
  };
  const all = { stops, listener };
  signal.addEventListener('abort', listener, { once: true });
  listening.set(signal, all);
  return all;
}
