import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createWhisul, type JournalEntry } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { openJournal } from '@whisul-rx/journal';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { all } from './journal-contract.js';

const ways = ['unsubscribe', 'unsubscribe, close the client', 'signal'];
/** Of each way, by so many processes. */
const runs = 25;
const processes = 5;
const songs = 8;
const child = join(import.meta.dirname, 'stop-child.mjs');

it('B8: a batch that SIGINT stops cleanly loses no id and pays nothing twice, 25 times in each way', async () => {
  const root = await mkdtemp(join(tmpdir(), 'whisul-stop-'));
  const emulator = createEmulator({ apiKey: 'test', jobDuration: [50, 600] });
  // The job is made when the POST arrives, and its id comes later: what a stop in between must not lose.
  emulator.script({ method: 'POST', times: Infinity, type: 'delay', ms: 120, after: 'accept' });
  const server = await listen(emulator);

  /** One process whose batches are stopped at random moments. Ends as the process does. */
  const stopAll = async (way: string, names: string[]): Promise<unknown> => {
    const args = [child, way, root, server.url, String(songs), ...names];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(process_, 'exit');
    for await (const alive of createInterface({ input: process_.stdout })) {
      expect(alive).toBe('alive');
      setTimeout(() => process_.kill('SIGINT'), Math.random() * 300);
    }
    const [code] = await exited;
    return code;
  };
  /** What is in the journal of a batch; then runs it to its end. */
  const goOn = async (name: string): Promise<JournalEntry[]> => {
    const journal = await openJournal(join(root, name));
    const stopped = await all(journal);
    const { fetch } = emulator;
    const whisul = createWhisul({ apiKey: 'test', baseUrl: 'http://emulator.local/api', fetch, schedule: () => 40 });
    const prompts = Array.from({ length: songs }, (_, index) => `${name} song ${index}`);
    const events = await lastValueFrom(whisul.batch$(prompts, { journal, concurrency: songs }).pipe(toArray()));
    expect(
      events.filter(({ type }) => type === 'problem'),
      name,
    ).toEqual([]);
    await journal.close();
    return stopped;
  };
  const postsOf = (name: string) =>
    emulator.requests.filter(({ method, prompt }) => method === 'POST' && prompt?.startsWith(`${name} `));

  try {
    const lives = ways.flatMap((way, nth) =>
      Array.from({ length: processes }, (_, process_) => ({
        way,
        names: Array.from({ length: runs / processes }, (__, run) => `${nth}-${process_}-${run}`),
      })),
    );
    const names = lives.flatMap((life) => life.names);
    const atOnce = <T, R>(given: T[], work: (value: T) => Promise<R>, most: number) =>
      lastValueFrom(from(given).pipe(mergeMap(work, most), toArray()));
    expect(await atOnce(lives, (life) => stopAll(life.way, life.names), 3)).toEqual(lives.map(() => 0));
    const hits = names.filter((name) => postsOf(name).length > 0 && postsOf(name).length < songs);
    // Nothing is in doubt after a clean stop.
    const stopped = await atOnce(names, goOn, 10);
    expect(stopped.flat().filter(({ state }) => state === 'submitting')).toEqual([]);

    for (const name of names) {
      const prompts = postsOf(name).map(({ prompt }) => prompt);
      expect([new Set(prompts).size, prompts.length], name).toEqual([songs, songs]);
    }
    expect(emulator.jobs.size).toBe(names.length * songs);
    // Else they were stopped too early or too late to hit anything.
    expect(hits.length).toBeGreaterThan(runs);
  } finally {
    await server.close();
    emulator.close();
    await rm(root, { recursive: true });
  }
});
