import { createPostgresBackend, PostgresConnection } from 'bullmq';
import { patiently } from './patiently.js';
import { surviveLoss } from './survive-loss.js';

/**
 * BullMQ's backend for Postgres, which waits for the server when it finishes a record. BullMQ itself takes a connection that is
 * lost then for a failure of the record, although its work was done. If the server had finished it before the connection was
 * lost, it refuses the second time, and the record stays as it is.
 */
export const createPatientPostgresBackend: typeof createPostgresBackend = (name, options, flags) => {
  const backend = createPostgresBackend(name, options, flags);
  connectAgain(backend);
  const connection: unknown = Reflect.get(backend, 'connection');
  if (connection instanceof PostgresConnection) {
    connectAgain(connection);
    surviveLoss(connection.pool);
  }
  const complete = backend.moveToCompleted.bind(backend);
  const fail = backend.moveToFailed.bind(backend);
  backend.moveToCompleted = (...record) => patiently(() => complete(...record));
  backend.moveToFailed = (...record) => patiently(() => fail(...record));
  return backend;
};

/** BullMQ does not connect again after a first try that has failed, for instance because no connection was free. */
function connectAgain(part: { waitUntilReady: () => Promise<void> }): void {
  const waitUntilReady = part.waitUntilReady.bind(part);
  part.waitUntilReady = () =>
    waitUntilReady().catch((error: unknown) => {
      Reflect.set(part, 'readyPromise', undefined);
      throw error;
    });
}
