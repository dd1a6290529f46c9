import type { Emulator } from '../create-emulator.js';
import { pace } from './eventually.js';

/** The same emulator, and the waits between an answer and the next poll of the job that are too short. */
export function createPollTimes(emulator: Emulator): {
  readonly emulator: Emulator;
  readonly hurriedWaits: (id: string) => number[];
} {
  const polls: { readonly path: string; readonly began: number; answered?: number }[] = [];
  return {
    emulator: {
      ...emulator,
      async fetch(input, init) {
        const path = new URL(input instanceof Request ? input.url : input).pathname;
        const poll: (typeof polls)[number] = { path, began: performance.now() };
        polls.push(poll);
        const response = await emulator.fetch(input, init);
        poll.answered = performance.now();
        return response;
      },
    },
    hurriedWaits(id) {
      const own = polls.filter(({ path }) => path.endsWith(`/jobs/${id}`));
      const waits = own.slice(1).map(({ began }, before) => {
        const last = own[before];
        // A poll that was aborted has no answer: then its start counts.
        return began - (last?.answered ?? last?.began ?? 0);
      });
      // A third of the pace: what timers are early by, and how adapters spread their polls, is allowed.
      return waits.filter((wait) => wait < pace / 3);
    },
  };
}
