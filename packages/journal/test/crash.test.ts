import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { seeded } from '@whisul-rx/test-support/seeded';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';

const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({ type: z.literal('problem'), key: z.string(), code: z.string() }),
  z.object({
    type: z.literal('state'),
    key: z.string(),
    job: z.object({ status: z.string(), job_id: z.string(), prompt: z.string() }),
  }),
]);
type Line = z.infer<typeof lineSchema>;

const songs = 90;
const kills = 26;
const child = join(import.meta.dirname, 'crash-child.mjs');

/** When a process is killed: that many ms after its first line of that type. */
interface Kill {
  readonly type: Line['type'];
  readonly after: number;
}

/** Runs a process until it ends or is killed. */
async function life(args: string[], kill?: Kill): Promise<{ lines: Line[]; killed: boolean }> {
  const process_ = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(process_, 'exit');
  const lines: Line[] = [];
  for await (const text of createInterface({ input: process_.stdout })) {
    let line: Line;
    try {
      line = lineSchema.parse(JSON.parse(text));
    } catch (error) {
      // The kill may have cut the last line.
      if (kill === undefined) throw error;
      break;
    }
    if (line.type === kill?.type && !lines.some(({ type }) => type === line.type))
      setTimeout(() => process_.kill('SIGKILL'), kill.after);
    lines.push(line);
  }
  await ended;
  return { lines, killed: process_.signalCode === 'SIGKILL' };
}

it('B5: 90 songs survive 26 kills: none is paid twice unnoticed, none is lost', { timeout: 120_000 }, async () => {
  const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  const root = await mkdtemp(join(tmpdir(), 'whisul-crash-'));
  const emulator = createEmulator({ jobDuration: [300, 1_500], seed: 1 });
  // The answer comes after the job was made: a kill in between is the case that nobody can undo.
  emulator.script({ method: 'POST', times: Infinity, type: 'delay', ms: 12, after: 'accept' });
  const server = await listen(emulator);
  const args = (concurrency: number, onUnknown: string) => [
    join(root, 'journal'),
    server.url,
    String(songs),
    String(concurrency),
    onUnknown,
  ];
  try {
    let killed = 0;
    const lines: Line[] = [];
    for (let lives = 0; killed < kills && lives < kills + 10; lives++) {
      // Half of the kills wait for a song, so that the batch goes on however slow the machine is.
      const type = lives % 2 === 0 ? 'state' : 'alive';
      const one = await life(args(4, 'report'), { type, after: Math.floor(random() * 350) });
      lines.push(...one.lines);
      if (one.killed) killed += 1;
    }
    const postsWhenKilled = emulator.requests.filter(({ method }) => method === 'POST').length;
    const report = await life(args(30, 'report'));
    const unknown = report.lines.flatMap((line) => (line.type === 'problem' ? [line] : []));
    const final = await life(args(30, 'resubmit'));
    lines.push(...report.lines, ...final.lines);

    const posts = new Map<string, number>();
    for (const { method, prompt = '' } of emulator.requests)
      if (method === 'POST') posts.set(prompt, (posts.get(prompt) ?? 0) + 1);
    const twice = [...posts].filter(([, times]) => times > 1).map(([prompt]) => prompt);
    const reported = new Set(unknown.map(({ key }) => `song number ${key}`));
    const states = lines.flatMap((line) => (line.type === 'state' ? [line.job] : []));
    const recorded = new Set(states.map(({ job_id }) => job_id));
    const finished = new Set(states.filter(({ status }) => status === 'completed').map(({ job_id }) => job_id));
    console.log(
      `crash test: seed ${seed}, ${killed} kills, ${postsWhenKilled} POSTs before the last one, ` +
        `${unknown.length} in doubt, ${twice.length} sent again on request, ${emulator.jobs.size} jobs for ${songs} songs`,
    );

    expect(killed).toBeGreaterThanOrEqual(25);
    // Else the kills came too late to hit anything.
    expect(postsWhenKilled).toBeGreaterThan(10);
    expect(lines.filter(({ type }) => type === 'error')).toEqual([]);
    expect(unknown.filter(({ code }) => code !== 'submit_unknown')).toEqual([]);
    expect(Math.max(...posts.values())).toBeLessThanOrEqual(2);
    expect(twice.filter((prompt) => !reported.has(prompt))).toEqual([]);
    expect([...recorded].filter((id) => !finished.has(id))).toEqual([]);
    const lost = [...emulator.jobs.values()].filter(({ job_id }) => !recorded.has(job_id));
    expect(lost.filter(({ prompt }) => !reported.has(prompt))).toEqual([]);
    const ends = final.lines.flatMap((line) =>
      line.type === 'state' && line.job.status === 'completed' ? [line] : [],
    );
    expect(new Set(ends.map(({ key }) => key)).size).toBe(songs);
    expect(ends.length).toBe(songs);
  } finally {
    await server.close();
    emulator.close();
    await rm(root, { recursive: true });
  }
});
