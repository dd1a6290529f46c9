import { setTimeout } from 'node:timers/promises';
import { isConnectionLost } from './connection-lost.js';

/** How long to wait before the next try, in ms. */
const gap = 1_000;

/**
 * Does something again until the server is there; it must be something that may be done twice. Redis clients wait by
 * themselves, and Postgres pools do not.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await setTimeout(gap);
    }
  }
}
