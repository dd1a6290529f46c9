import { numberOption } from '@whisul-rx/core';

/** How a stream is kept alive and ended. */
export interface SseOptions {
  /**
   * A stream that was silent for so many ms gets a comment, so that nothing between takes it for dead. Some runtimes
   * cut silent connections after 10 s.
   * @default 8_000
   */
  heartbeat?: number;
  /**
   * What clients are told to wait before they reconnect, in ms.
   * @default 2_000
   */
  retry?: number;
  /** Ends the stream when it aborts, as a shutdown does: clients are told to come back in 1 to 5 s. */
  signal?: AbortSignal;
  /**
   * The `Last-Event-ID` of the request. `'end'` proves that the client saw the end: the answer is `204`, and an
   * EventSource stops. Where there is a request to read it from, giving `null` ignores the header.
   */
  lastEventId?: string | null;
}

/** {@link SseOptions} with its defaults. */
export interface SseTiming {
  readonly heartbeat: number;
  readonly retry: number;
}

const longestTimer = 2 ** 31 - 1;

/** @throws WhisulError `invalid_request` when a wait cannot be one */
export function readTiming(options: SseOptions): SseTiming {
  return {
    heartbeat: numberOption('heartbeat', options.heartbeat, 8_000, 1, longestTimer),
    retry: numberOption('retry', options.retry, 2_000, 0, longestTimer),
  };
}
