import { afterEach, beforeEach, vi } from 'vitest';

/** Each test of the file has fake timers; the clock begins at `now`, in ms since 1970. */
export function useVirtualTime(now = Date.UTC(2026, 1, 17)): void {
  beforeEach(() => {
    vi.useFakeTimers({ now });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Lets so many seconds go by. */
export const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1000);
