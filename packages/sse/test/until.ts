import { vi } from 'vitest';

/**
 * Waits until something holds. Long for a busy machine, and shorter than what would bring it about in any case: the
 * heartbeat (8 s) and the deadlines of the gateway (10 s).
 */
export const until = <T>(condition: () => T | Promise<T>) => vi.waitUntil(condition, { timeout: 7_000 });
