import { badOption, numberOption, objectOption, signalOption } from '@whisul-rx/core/adapter';

/** How a stream is kept alive and ended. */
export interface SseOptions {
  /**
   * After so many ms of silence a stream gets a comment, so that no proxy ends it. Some runtimes end silent connections
   * after 10 s. At least 1.
   * @default 8_000
   */
  heartbeat?: number;
  /**
   * How long clients are told to wait before they reconnect, in ms.
   * @default 2_000
   */
  retry?: number;
  /** Ends the stream when it aborts, as a shutdown does: clients are told to come back in 1 to 5 s. */
  signal?: AbortSignal;
  /**
   * The `Last-Event-ID` of the request. `'end'` proves that the client saw the end: the answer is `204`, and an
   * EventSource stops. By default it is read from the request, if there is one (its header, or `?lastEventId=`, as
   * polyfills send it). `null` ignores what the request says.
   */
  lastEventId?: string | null;
}

/** The waits of {@link SseOptions}, with their defaults. */
export interface SseTiming {
  readonly heartbeat: number;
  readonly retry: number;
}

/** {@link SseOptions}, checked. */
export interface SseSettings {
  readonly timing: SseTiming;
  readonly signal: AbortSignal | undefined;
  readonly lastEventId: string | null | undefined;
}

/** Every one of {@link SseOptions}, for the check of names. */
export const sseOptionNames = { heartbeat: 1, retry: 1, signal: 1, lastEventId: 1 } as const;

const longestTimer = 2 ** 31 - 1;

/** @throws WhisulError `invalid_request` that names the option */
export function readSseOptions(options: SseOptions): SseSettings {
  const { heartbeat, retry, signal, lastEventId } = objectOption('options', options);
  const timing = {
    heartbeat: numberOption('heartbeat', heartbeat, 8_000, 1, longestTimer),
    retry: numberOption('retry', retry, 2_000, 0, longestTimer),
  };
  if (typeof (lastEventId ?? '') !== 'string') throw badOption('lastEventId', 'a string or null');
  return { timing, signal: signalOption(signal), lastEventId };
}
