import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { seeded } from '@whisul-rx/test-support/seeded';
import { expect, it } from 'vitest';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import { eventually, type Member, startMember } from './start-member.js';

it.concurrent.for([
  { name: 'Redis', start: () => startRedis('--appendfsync', 'always'), kills: 30, songs: 200 },
  { name: 'Postgres', start: () => startPostgres(), kills: 10, songs: 70 },
])(
  'B5: a named batch survives $kills kills on $name: no prompt is paid twice, no id is lost',
  { timeout: 300_000 },
  async ({ name, start, kills, songs }, { onTestFinished }) => {
    const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
    const random = seeded(seed);
    const server = await start();
    onTestFinished(() => server.remove());
    const emulator = createEmulator({ jobDuration: [100, 600] });
    // The answer comes after the job was made: a kill in between is the case that nobody can undo.
    emulator.script({ method: 'POST', times: Infinity, type: 'delay', ms: 250, after: 'accept' });
    const api = await listen(emulator);
    onTestFinished(async () => {
      emulator.close();
      await api.close();
    });
    const options = { connection: server.url, account: randomUUID(), baseUrl: api.url };
    const order = (concurrency: number, onUnknown = 'report') => ({
      do: 'batch',
      requests: Array.from({ length: songs }, (_, index) => `song number ${index}`),
      options: { name: 'album', concurrency, onUnknown },
    });
    // Two processes at a time work on the same batch; one of them is killed, and another takes its place.
    const members: Member[] = [];
    const enter = async (): Promise<void> => {
      const member = await startMember(onTestFinished, options);
      member.order(order(4));
      members.push(member);
    };
    await enter();
    const isOver = ({ messages }: Member) => messages.some(({ type }) => type === 'complete' || type === 'error');
    const posts = () => emulator.requests.filter(({ method }) => method === 'POST');
    let hits = 0;
    for (let killed = 0; killed < kills; killed++) {
      await enter();
      // However slow the machine is, each kill hits a batch that has gone on since the one before.
      const sent = posts().length;
      await eventually('the batch goes on', () => posts().length > sent || members.some(isOver));
      if (posts().length > sent) hits++;
      await setTimeout(random() * 300);
      await members.shift()?.kill();
    }
    const postsWhenKilled = posts().length;
    for (const member of members) await member.kill();
    const last = await startMember(onTestFinished, options);
    last.order(order(20));
    await eventually('the batch ends', () => isOver(last), 120_000);

    const times = new Map<string, number>();
    for (const { prompt = '' } of posts()) times.set(prompt, (times.get(prompt) ?? 0) + 1);
    const events = last.messages.flatMap((message) => (message.type === 'next' ? [message.value] : []));
    const problems = events.filter(({ type }) => type === 'problem');
    const completed = events.filter(({ type, job }) => type === 'state' && job.status === 'completed');
    console.log(
      `cluster crash test on ${name}: seed ${seed}, ${kills} kills, ${postsWhenKilled} of ${songs} POSTs before the last one, ` +
        `${problems.length} in doubt`,
    );
    // Else the batch was over before the kills, and they have shown nothing.
    expect(hits).toBeGreaterThan(kills / 3);
    expect(last.messages.filter(({ type }) => type === 'error')).toEqual([]);
    // Each prompt was sent once at most, and each item has ended once: as a song, or as a doubt that is told.
    expect(Math.max(...times.values())).toBe(1);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(problems.length > 0 ? ['submit_unknown'] : []));
    expect(completed.length + problems.length).toBe(songs);
    expect(new Set([...completed, ...problems].map(({ key }) => key)).size).toBe(songs);
    // Every job that was paid is a song of the batch, or its prompt is in doubt.
    const told = new Set(completed.map(({ job }) => job.job_id));
    const doubted = new Set(problems.map(({ error }) => error.prompt));
    const lost = [...emulator.jobs.values()].filter(({ job_id, prompt }) => !told.has(job_id) && !doubted.has(prompt));
    expect(lost).toEqual([]);
  },
);
