import type { Emulator } from '../create-emulator.js';
import { createEventually } from './eventually.js';
import { guarantees } from './guarantees.js';
import type { Adapter, Law } from './law.js';
import { BrokenLaw } from './must.js';
import { createPollTimes } from './poll-times.js';
import { createStillEmulator } from './still-emulator.js';
import { watch } from './watch.js';

/** Ms after which the adapters of the suite give up on an answer, as its documentation asks. */
export const requestTimeout = 5_000;

/** What a failed test prints: what went wrong, and in plain words which guarantees that touches. */
function explain(error: unknown, law: Pick<Law<unknown>, 'guarantees'>): Error {
  const broken = error instanceof Error ? error : new Error(String(error));
  const text = [broken.message, ...law.guarantees.map((id) => `  ${id}: ${guarantees[id]}`)].join('\n');
  if (!(broken instanceof BrokenLaw)) return new Error(text, { cause: error });
  // The stack still leads to the line of the law.
  broken.message = text;
  return broken;
}

/** Tries one law on a fresh adapter. Rejects when it is broken. By default each wait is long, because machines are slow. */
export async function tryLaw<Subject>(
  law: Law<Subject>,
  factory: (emulator: Emulator) => Promise<Adapter<Subject>>,
  patience = 15_000,
): Promise<void> {
  const { emulator: still, ...jobs } = createStillEmulator();
  const { emulator, hurriedWaits } = createPollTimes(still);
  const adapter = await factory(emulator);
  const eventually = createEventually(patience);
  try {
    await law.run({
      ...jobs,
      subject: adapter.subject,
      emulator,
      eventually,
      soon: createEventually(Math.min(patience, requestTimeout / 2)),
      watch: (stream$) => watch(stream$, eventually),
      polls: (id) => emulator.requests.filter(({ method, jobId }) => method === 'GET' && jobId === id),
      hurriedWaits,
      submits: (prompt) =>
        emulator.requests.filter((log) => log.method === 'POST' && (prompt === undefined || log.prompt === prompt)),
      async breakConnection() {
        await adapter.breakConnection?.();
      },
    });
  } catch (error) {
    throw explain(error, law);
  } finally {
    await adapter.close();
    emulator.close();
  }
}
