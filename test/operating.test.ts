import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import process from 'node:process';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { GuideRedis } from './guide-redis.js';
import { readSource, writeExample } from './run-example.js';

const redis = new GuideRedis();
afterAll(() => redis.stop());

it('the bull-board of the guide shows the jobs of the cluster, and changes nothing', { timeout: 60_000 }, async () => {
  const url = await redis.url();
  const emulator = createEmulator({ apiKey: 'board-key', jobDuration: Infinity });
  const whisul = createWhisul({ apiKey: 'board-key', baseUrl: 'http://emulator.local/api', fetch: emulator.fetch });
  const engine = createBullmqEngine({
    whisul,
    connection: url,
    account: 'board-key',
    schedule: fixedSchedule(3_600_000),
  });
  onTestFinished(async () => {
    await engine.close();
    whisul.close();
    emulator.close();
  });
  const prompts = ['a slow waltz', 'a fast waltz'];
  for (const prompt of prompts) {
    const following = engine.generate$(prompt).subscribe();
    onTestFinished(() => following.unsubscribe());
    await firstValueFrom(whisul.events$.pipe(filter(({ type }) => type === 'submitted')));
  }

  const folder = await writeExample(await readSource('docs/guides/operating-a-cluster.md'));
  const env = { ...process.env, REDIS_URL: url, WHISUL_API_KEY: 'board-key', PORT: '0' };
  const board = spawn(process.execPath, ['board.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(board, 'exit');
  onTestFinished(async () => {
    board.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  });
  const [said]: unknown[] = await Promise.race([once(board.stdout, 'data'), ended]);
  const place = String(said).trim();

  const page = await (await fetch(place)).text();
  const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  const loaded = await fetch(new URL(script, new URL(/<base href="([^"]+)"/.exec(page)?.[1] ?? '', place)));
  expect([loaded.status, loaded.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
  const answer = await fetch(
    `${place}/api/queues?activeQueue=${engine.queueName}&status=delayed&page=1&jobsPerPage=10`,
  );
  const polls = [...emulator.jobs.keys()].map((id) =>
    expect.objectContaining({ name: 'poll', data: expect.objectContaining({ id }) }),
  );
  // Two submits have ended, and two jobs wait for their next poll.
  const counts = { completed: 2, delayed: 2, failed: 0 };
  expect(await answer.json()).toMatchObject({
    queues: [{ name: engine.queueName, readOnlyMode: true, counts, jobs: expect.arrayContaining(polls) }],
  });
  const refused = await fetch(`${place}/api/queues/${engine.queueName}/empty`, { method: 'PUT' });
  expect(refused.status).toBe(405);

  board.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
