import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { openJournal } from '@whisul-rx/journal';
import { expect, it, onTestFinished } from 'vitest';
import { ownFolder } from '../src/own-folder.js';
import { entries } from './journal-contract.js';
import { freshFolders, refusal, write } from './journal-folders.js';

const fresh = freshFolders();
const child = join(import.meta.dirname, 'owner-child.mjs');

type Doing = 'open' | 'close';

/** Somebody else who opens and closes journals of a folder. Answers `opened`, `closed`, or why not. */
interface Other {
  ask(doing: Doing): Promise<unknown>;
  /** Ends it as a crash does. */
  end(): Promise<void>;
}

function other(from: ChildProcess | Worker, send: (doing: Doing) => void, end: () => Promise<void>): Other {
  onTestFinished(end);
  return {
    async ask(doing) {
      const answer = once(from, 'message');
      send(doing);
      const [text]: unknown[] = await answer;
      return text;
    },
    end,
  };
}

function inProcess(folder: string, pid?: number): Other {
  const process_ = fork(child, pid === undefined ? [folder] : [folder, String(pid)]);
  const ended = once(process_, 'exit');
  return other(
    process_,
    (doing) => process_.send(doing),
    async () => {
      process_.kill('SIGKILL');
      await ended;
    },
  );
}

function inThread(folder: string): Other {
  const thread = new Worker(child, { argv: [folder] });
  return other(
    thread,
    (doing) => {
      thread.postMessage(doing);
    },
    async () => {
      await thread.terminate();
    },
  );
}

const refused = expect.stringMatching(/open already/);

it('a folder has one owner: no other process, thread or copy of the package, even after each has tried', async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  const process_ = inProcess(folder);
  for (const other of [process_, inThread(folder), process_]) expect(await other.ask('open')).toEqual(refused);
  await journal.put({ key: 'k', prompt: 'p', attempt: 1, state: 'submitting', at: 0 });
  await journal.close();
  expect(await process_.ask('open')).toBe('opened');
});

it('a folder has one owner among containers, whose processes have the same id', async () => {
  const folder = fresh();
  const [first, second] = [inProcess(folder, 1), inProcess(folder, 1)];
  expect(await first.ask('open')).toBe('opened');
  for (const other of [second, first, second]) expect(await other.ask('open')).toEqual(refused);
  expect(await first.ask('close')).toBe('closed');
  expect(await second.ask('open')).toBe('opened');
});

it('what is about to open a folder stays the only one of its process, also when others open and close it meanwhile', async () => {
  const folder = await write(fresh(), entries);
  // Not even LevelDB's lock is there yet: the store is still being checked.
  const own = await ownFolder(folder);
  const other = inProcess(folder);
  expect(await other.ask('open')).toBe('opened');
  expect(await other.ask('close')).toBe('closed');
  expect([own === undefined, await ownFolder(folder)]).toEqual([false, undefined]);
});

it('one of several calls opens a folder whose owner crashed, had it the same process id', async () => {
  const left = await write(fresh(), entries);
  const crashed = inProcess(left, process.pid);
  expect(await crashed.ask('open')).toBe('opened');
  await crashed.end();
  for (let round = 0; round < 5; round++) {
    const folder = fresh();
    await cp(left, folder, { recursive: true });
    const opened = await Promise.allSettled([1, 2, 3, 4].map(() => openJournal(folder)));
    const journals = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(journals.length).toBe(1);
    const other = inProcess(folder);
    expect(await other.ask('open')).toEqual(refused);
    await other.end();
    for (const journal of journals) await journal.close();
  }
});

it('one of several threads that ask at once opens a folder, and keeps it', async () => {
  const folder = await write(fresh(), entries);
  const threads = [1, 2, 3, 4].map(() => inThread(folder));
  const another = inProcess(folder);
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(threads.map((thread) => thread.ask('open')));
    expect(answers.filter((answer) => answer === 'opened').length).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => answer !== 'opened')).toEqual(
      expect.arrayContaining([refused, refused, refused]),
    );
    if (answers.includes('opened')) expect(await another.ask('open')).toEqual(refused);
    for (const thread of threads) await thread.ask('close');
  }
});

it('a thread that ends gives up its folder', async () => {
  const folder = fresh();
  const thread = inThread(folder);
  expect(await thread.ask('open')).toBe('opened');
  await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /open already/));
  await thread.end();
  await (await openJournal(folder)).close();
});

it('what another process is writing is not taken for damage, wherever that process is', async () => {
  const folder = await write(fresh(), entries);
  // No process here has that id.
  const other = inProcess(folder, 2 ** 22 + 1);
  expect(await other.ask('open')).toBe('opened');
  await writeFile(join(folder, 'CURRENT'), '');
  await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /open already/));
  await other.end();
  await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /CURRENT is damaged/));
});
