import { spawnSync } from 'node:child_process';
import { utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { bytesOf, file } from '../test/cdn.js';
import { stage } from '../test/stage.js';
import { partName, thisOwner } from './part-name.js';
import { saveSong } from './save-song.js';

it('part files of processes that are gone are removed, and all others stay', async () => {
  const { folder, job, names } = await stage({ '/song.mp3': file(bytesOf(100)), '/cover.png': file(bytesOf(50)) });
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const now = Date.now() / 1_000;
  const before = now - process.uptime() - 60;
  const daysAgo = now - 2 * 86_400;
  const other = { host: '00000000', pid: dead };
  const parts: [place: number, owner: typeof thisOwner, written: number, stays: boolean][] = [
    [1, { ...thisOwner, pid: dead }, now, false],
    [2, thisOwner, now, true],
    [3, thisOwner, before, false],
    [4, { ...thisOwner, pid: process.ppid }, before, true],
    [5, { ...thisOwner, pid: process.ppid }, daysAgo, false],
    [6, other, now, true],
    [7, other, daysAgo, false],
  ];
  const staying = ['mine.part', `notes.${thisOwner.host}-${dead}-00000000.part`];
  for (const name of staying) await writeFile(join(folder, name), '');
  for (const [place, owner, written, stays] of parts) {
    const path = partName(join(folder, 'A Song [1].mp3'), `0000000${place}`, owner);
    await writeFile(path, 'half');
    await utimes(path, written, written);
    if (stays) staying.push(basename(path));
  }
  await lastValueFrom(saveSong(job(), folder));
  expect((await names()).filter((name) => name.endsWith('.part'))).toEqual(staying.sort());
});
