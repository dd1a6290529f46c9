import { must } from './must.js';

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds; fails with the sentence, and what was seen instead, when it does not. */
export type Eventually = (sentence: string, holds: () => boolean, seen?: () => unknown) => Promise<void>;

export function createEventually(patience: number): Eventually {
  return async (sentence, holds, seen) => {
    const deadline = Date.now() + patience;
    while (!holds()) {
      must(Date.now() < deadline, `This never happened: ${sentence}.`, seen?.());
      await sleep(3);
    }
  };
}
