import { createPostgresBackend, PostgresConnection } from 'bullmq';

/**
 * BullMQ's backend for Postgres, which connects again where its first try has failed, for instance because no connection
 * was free. BullMQ keeps that first failure for good.
 */
export const createRetryingPostgresBackend: typeof createPostgresBackend = (name, options, flags) => {
  const backend = createPostgresBackend(name, options, flags);
  const connection: unknown = Reflect.get(backend, 'connection');
  if (connection instanceof PostgresConnection) {
    const waitUntilReady = connection.waitUntilReady.bind(connection);
    connection.waitUntilReady = () =>
      waitUntilReady().catch((error: unknown) => {
        Reflect.set(connection, 'readyPromise', undefined);
        throw error;
      });
  }
  return backend;
};
