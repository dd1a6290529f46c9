import { setTimeout } from 'node:timers/promises';
import type { BackendFactory, IQueueBackend } from 'bullmq';

/** How long a worker waits before it asks for work again where the server has refused it, in ms. */
const pause = 1_000;

/**
 * Lets a worker take its time where the server refuses to hand out work, as a full, read-only or failing one does. BullMQ
 * waits where a connection is refused, and only there: else it would ask again at once, thousands of times a second.
 */
export function unhurried(factory: BackendFactory<IQueueBackend, unknown>): typeof factory {
  return (name, options, flags) => {
    const backend = factory(name, options, flags);
    const moveToActive = backend.moveToActive.bind(backend);
    backend.moveToActive = (...args) =>
      moveToActive(...args).catch(async (error: unknown) => {
        await setTimeout(pause);
        throw error;
      });
    return backend;
  };
}
