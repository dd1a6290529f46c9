import { type BackendFactory, createRedisBackend, RedisConnection } from 'bullmq';

/**
 * BullMQ's backend for Redis, without what it prints: about the eviction policy the engine warns on `events$`, and that a
 * newer Redis would be better is in the guide.
 * BullMQ's own option for this, `skipVersionCheck`, also makes it take every server for Redis 5, whose waits are whole
 * seconds.
 */
export const createQuietRedisBackend: BackendFactory = (name, options, flags) => {
  const backend = createRedisBackend(name, options, flags);
  // They have begun to connect, but look at the server only after its first answer.
  for (const place of ['connection', 'blockingConnection']) {
    const connection: unknown = Reflect.get(backend, place);
    if (connection instanceof RedisConnection) {
      quieten(connection);
      letGo(connection);
    }
  }
  return backend;
};

const look = 'getRedisVersionAndType';

/** BullMQ reads the policy in the same answer as the version, so it gets an answer without the policy. */
function quieten(connection: RedisConnection): void {
  const original: unknown = Reflect.get(connection, look);
  // Where BullMQ has changed inside, it prints again, and the test of this says so.
  if (typeof original !== 'function') return;
  Reflect.set(connection, look, async () => {
    // Not `connection.client`: that one waits for this look.
    const client: unknown = Reflect.get(connection, '_client');
    const info: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, 'info') : undefined;
    let seen: unknown = connection;
    if (typeof info === 'function') {
      const answer: unknown = await Reflect.apply(info, client, []);
      const text = String(answer).replace(/^maxmemory_policy:.*$/m, '');
      seen = { _client: { info: () => Promise.resolve(text) } };
    }
    const found: unknown = await Reflect.apply(original, seen, []);
    // It has been looked at. One that is too old is still refused.
    if (isUsable(found)) Reflect.set(connection, 'skipVersionCheck', true);
    return found;
  });
}

function isUsable(found: unknown): boolean {
  const version: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, 'version') : undefined;
  const major = Number(/^\d+/.exec(String(version))?.[0]);
  return major >= Number.parseInt(RedisConnection.minimumVersion, 10);
}

/**
 * ioredis does not say that it has ended when it is told to end while it waits to connect again, for which BullMQ waits.
 * So the end has to come after the next try has begun.
 */
function letGo(connection: RedisConnection): void {
  const disconnect = connection.disconnect.bind(connection);
  Reflect.set(connection, 'disconnect', async (wait?: boolean) => {
    const client: unknown = Reflect.get(connection, '_client');
    if (isEmitter(client) && client.status === 'reconnecting') {
      await new Promise((resolve) => client.once('connecting', resolve));
    }
    await disconnect(wait);
  });
}

interface Emitter {
  readonly status: unknown;
  once(event: string, listener: (value: unknown) => void): unknown;
}

function isEmitter(client: unknown): client is Emitter {
  return typeof client === 'object' && client !== null && 'status' in client && 'once' in client;
}
