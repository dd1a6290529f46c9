import { randomUUID } from 'node:crypto';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expect, it, onTestFinished } from 'vitest';
import { startPostgres } from './postgres.js';
import { stallingProxy } from './stalling-proxy.js';
import { eventually, startMember, statusesOf } from './start-member.js';

it('processes whose Postgres has died, or does not answer, end by themselves when their engines are closed', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  const emulator = createEmulator({ jobDuration: Infinity });
  const api = await listen(emulator);
  onTestFinished(async () => {
    emulator.close();
    await api.close();
  });
  const proxy = await stallingProxy(onTestFinished, server.url);
  const join = async (connection: string) => {
    const options = { connection, account: randomUUID(), baseUrl: api.url };
    const member = await startMember(onTestFinished, options);
    member.order({ do: 'generate', prompt: 'a song' });
    await eventually('it runs', () => statusesOf(member, 'a song').includes('running'));
    return member;
  };
  const members = [await join(proxy.url), await join(server.url)];
  proxy.stall();
  await server.kill();
  for (const member of members) member.order({ do: 'close' });
  expect(await Promise.all(members.map((member) => member.ended()))).toEqual([0, 0]);
}, 60_000);
