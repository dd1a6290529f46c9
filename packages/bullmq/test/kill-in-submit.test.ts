import { randomUUID } from 'node:crypto';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule, isWhisulError, type JobState } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { describe, expect, it } from 'vitest';
import { backends } from './backends.js';
import { eventually, startMember } from './start-member.js';
import { testServer } from './test-server.js';

// Where the worker dies, how many POSTs there are in the end, and what the caller in another process is told.
const points = [
  ['before the mark', 1, 'completed'],
  ['after the mark', 0, 'submit_unknown'],
  ['while the POST is open', 1, 'submit_unknown'],
  ['after the reply', 1, 'submit_unknown'],
  ['after the record', 1, 'completed'],
  ['after the poll job', 1, 'completed'],
] as const;

describe.for(backends)('$name', ({ start }) => {
  const server = testServer(start);

  it.concurrent.for(points)('G1: a worker that is killed %s', async ([killAt, posts, end], { onTestFinished }) => {
    let time = 0;
    const emulator = createEmulator({ jobDuration: 60_000, now: () => time });
    if (killAt === 'while the POST is open') emulator.script({ method: 'POST', type: 'hang', after: 'accept' });
    const api = await listen(emulator);
    onTestFinished(async () => {
      emulator.close();
      await api.close();
    });
    const sent = () => emulator.requests.filter(({ method }) => method === 'POST');
    const options = { connection: server.url, account: randomUUID() };
    const member = { ...options, baseUrl: api.url };
    const whisul = createWhisul({ apiKey: 'test', baseUrl: api.url });
    const engine = createBullmqEngine({ ...options, whisul, worker: false });
    onTestFinished(() => engine.close());

    const states: JobState[] = [];
    let told: string | undefined;
    const worker = await startMember(onTestFinished, member, { KILL_AT: killAt });
    engine.generate$('only once').subscribe({
      next: (state) => {
        states.push(state);
        if (state.status === 'running') time += 60_000;
      },
      error: (error: unknown) => (told = isWhisulError(error) ? error.code : String(error)),
      complete: () => (told = states.at(-1)?.status),
    });
    if (killAt === 'while the POST is open') {
      await eventually('the POST is open', () => sent().length === 1);
      await worker.kill();
    }
    expect(await worker.ended()).toBe('SIGKILL');
    const other = createBullmqEngine({ ...options, whisul, schedule: fixedSchedule(50) });
    onTestFinished(() => other.close());
    await eventually('the caller is told', () => told !== undefined);
    expect([told, sent().length]).toEqual([end, posts]);
    if (end === 'completed') expect(states.map(({ status }) => status)).toEqual(['submitted', 'running', 'completed']);
  });
});
