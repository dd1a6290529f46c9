import { randomUUID } from 'node:crypto';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expect, it } from 'vitest';
import { backends } from './backends.js';
import { eventually, startMember, statusesOf } from './start-member.js';

it.concurrent.for(backends)(
  '$name: a worker that is killed in the middle of a poll is replaced; a process whose engine is closed ends by itself',
  { timeout: 60_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const emulator = createEmulator({ jobDuration: Infinity });
    const api = await listen(emulator);
    onTestFinished(async () => {
      emulator.close();
      await api.close();
    });
    const options = { connection: server.url, account: randomUUID(), baseUrl: api.url };
    const member = await startMember(onTestFinished, options);
    member.order({ do: 'generate', prompt: 'a song' });
    await eventually('it runs', () => statusesOf(member, 'a song').includes('running'));
    const [id = ''] = emulator.jobs.keys();
    emulator.script({ method: 'GET', type: 'hang' });
    await eventually('a poll is open', () => emulator.requests.some(({ status }) => status === 'hang'));
    await member.kill();
    const asked = emulator.requests.length;
    const other = await startMember(onTestFinished, options);
    other.order({ do: 'follow', ids: [id] });
    await eventually('the other one sees it', () => statusesOf(other, id).includes('running'));
    await eventually('it is polled again', () => emulator.requests.length > asked);
    other.order({ do: 'close' });
    expect(await other.ended()).toBe(0);
  },
);
