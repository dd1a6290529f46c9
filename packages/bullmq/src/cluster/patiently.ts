import { setTimeout } from 'node:timers/promises';
import { isWhisulError } from '@whisul-rx/core';

/** What drivers say of a connection that is lost. Redis clients wait by themselves; Postgres pools do not. */
const connectionLost =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|Connection terminated|connection timeout|terminating connection|shutting down|starting up/;
/** How long to wait before the next try, in ms. */
const gap = 1_000;

/** Does something again until the server is there; it must be something that may be done twice. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await work();
    } catch (error) {
      // What is a WhisulError was judged already: the server was not there from the start.
      const isLost = error instanceof Error && !isWhisulError(error) && connectionLost.test(error.message);
      if (!isLost) throw error;
      await setTimeout(gap);
    }
  }
}
