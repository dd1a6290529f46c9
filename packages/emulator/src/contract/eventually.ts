import { BrokenLaw } from './must.js';

/** Ms between polls that the suite asks adapters for. */
export const pace = 15;

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Long enough for a poll that must not come: sixteen times the pace, in steps. However busy the machine is, an
 * adapter's timers and sockets get their turn in each of them.
 */
export async function aWhile(): Promise<void> {
  for (let step = 0; step < 16; step += 1) await sleep(pace);
}

/** Waits until something holds; fails with the sentence, and what was seen instead, when it does not. */
export type Eventually = (sentence: string, holds: () => boolean, seen?: () => unknown) => Promise<void>;

export function createEventually(patience: number): Eventually {
  return async (sentence, holds, seen) => {
    const deadline = performance.now() + patience;
    while (!holds()) {
      if (performance.now() >= deadline) {
        const instead = seen ? ` Seen: ${JSON.stringify(seen())}` : '';
        throw new BrokenLaw(`This did not happen within ${patience / 1_000} s: ${sentence}.${instead}`);
      }
      await sleep(3);
    }
  };
}
