import { type ConnectionOptions, RedisConnection } from 'bullmq';
import * as z from 'zod/mini';
import type { HashStore } from './hash-store.js';

const pageSchema = z.tuple([z.string(), z.array(z.string())]);
/** How many fields one round trip reads. */
const portion = 200;

/** Opens a store of hashes on Redis or Valkey, through BullMQ's adapter for whichever client is used. */
export async function openRedisStore(
  connection: ConnectionOptions,
  account: string,
  timeout: number,
): Promise<HashStore> {
  const own = new RedisConnection(connection, {
    shared: 'duplicate' in connection,
    blocking: false,
    // Else it prints what `findRisk` finds; the queue's connections look at the version.
    skipVersionCheck: true,
  });
  const client = await firstAnswer(own, timeout).catch(async (error: unknown) => {
    await own.close(true).catch(() => undefined);
    throw error;
  });
  const keyOf = (space: string): string => `whisul-rx:${account}:${space}`;

  return {
    get: async (space, field) => (await client.hget(keyOf(space), field)) ?? undefined,
    async put(space, field, value) {
      await client.hset(keyOf(space), { [field]: value });
    },
    async remove(space, field) {
      await client.hdel(keyOf(space), field);
    },
    isEmpty: async (space) => Object.keys(await client.hgetall(keyOf(space))).length === 0,
    async *entries(space) {
      let cursor = '0';
      do {
        const [[error, page] = []] =
          (await client.pipeline().hscan(keyOf(space), cursor, { COUNT: portion }).exec()) ?? [];
        if (error) throw error;
        const [next, flat] = pageSchema.parse(page);
        for (let i = 0; i < flat.length; i += 2) yield [flat[i] ?? '', flat[i + 1] ?? ''];
        cursor = next;
      } while (cursor !== '0');
    },
    async drop(space) {
      await client.del(keyOf(space));
    },
    findRisk: async () => findRisk(await client.info()),
    close: (isReachable) => own.close(!isReachable),
  };
}

/** Reads `INFO`, which managed servers allow where they forbid `CONFIG`. */
function findRisk(info: string): string | undefined {
  const read = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const risks: string[] = [];
  if (read('aof_enabled') !== '1')
    risks.push('a crash of Redis loses what was written since its last snapshot (set `appendonly yes`)');
  const policy = read('maxmemory_policy');
  if (policy !== 'noeviction') {
    risks.push(
      `a full Redis may throw records away (maxmemory-policy is ${policy ?? 'not known'}; set \`noeviction\`)`,
    );
  }
  return risks.length === 0 ? undefined : risks.join(', and ');
}

/** Rejects with the first thing that goes wrong; a connection that was there once reconnects by itself. */
function firstAnswer(connection: RedisConnection, timeout: number): RedisConnection['client'] {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeout / 1000} s: ETIMEDOUT`));
    }, timeout);
    connection.on('error', reject);
    connection.client.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
