import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HashStore } from '../src/cluster/hash-store.js';
import { resolveServer } from '../src/cluster/server.js';
import { testPostgres } from './postgres.js';
import { testRedis } from './redis.js';

const servers = [
  ['Redis', testRedis()],
  ['Postgres', testPostgres()],
] as const;

describe.each(servers)('the store on %s', (_, server) => {
  const open = (account: string): Promise<HashStore> => resolveServer(server.url).openStore(account, 10_000);

  it('keeps values by space and field, for all of an account', async () => {
    const account = randomUUID();
    const [one, two, foreign] = [await open(account), await open(account), await open(randomUUID())];
    expect([await one.get('s', 'f'), await one.isEmpty('s')]).toEqual([undefined, true]);
    await one.put('s', 'f', 'old');
    await two.put('s', 'f', '{"ä":"\ud83d\ude00\\ud800"}');
    await two.put('other', 'f', 'elsewhere');
    expect(await one.get('s', 'f')).toBe('{"ä":"\ud83d\ude00\\ud800"}');
    expect([await one.isEmpty('s'), await foreign.isEmpty('s')]).toEqual([false, true]);
    await one.remove('s', 'f');
    expect([await two.isEmpty('s'), await two.get('other', 'f')]).toEqual([true, 'elsewhere']);
    await one.drop('other');
    expect(await two.isEmpty('other')).toBe(true);
    for (const store of [one, two, foreign]) await store.close(true);
  });

  it('reads all entries of a space, also more than one portion', async () => {
    const store = await open(randomUUID());
    const wanted = Array.from({ length: 700 }, (__, index) => [`field ${index}`, `value ${index}`] as const);
    await Promise.all(wanted.map(([field, value]) => store.put('s', field, value)));
    const found = new Map<string, string>();
    for await (const [field, value] of store.entries('s')) found.set(field, value);
    expect(found).toEqual(new Map(wanted));
    await store.close(true);
  });
});
