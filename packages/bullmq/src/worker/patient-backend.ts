import { setTimeout } from 'node:timers/promises';
import type { BackendFactory, IQueueBackend } from 'bullmq';
import { patiently } from '../cluster/patiently.js';

/** How long a worker waits before it asks for work again where the server has refused it, in ms. */
const pause = 1_000;

/**
 * Lets a worker wait for its server. BullMQ does so only where a connection is refused. After all else it would ask for
 * work again at once, thousands of times a second, and count work that is done, but could not be written down, as failed.
 */
export function patientBackend(factory: BackendFactory<IQueueBackend, unknown>): typeof factory {
  return (name, options, flags) => {
    const backend = factory(name, options, flags);
    const moveToActive = backend.moveToActive.bind(backend);
    const moveToCompleted = backend.moveToCompleted.bind(backend);
    backend.moveToActive = (...args) =>
      moveToActive(...args).catch(async (error: unknown) => {
        await setTimeout(pause);
        throw error;
      });
    backend.moveToCompleted = (...args) => patiently(() => moveToCompleted(...args));
    return backend;
  };
}
