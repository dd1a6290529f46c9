import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWhisulError } from '@whisul-rx/core';
import crossFetch from 'cross-fetch';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bytesOf, file } from '../test/cdn.js';
import { stage } from '../test/stage.js';
import { saveSong } from './save-song.js';

const song = bytesOf(300_000);
const cover = bytesOf(5_000, 2);
const both = { '/song.mp3': file(song), '/cover.png': file(cover, { type: 'image/png' }) };
const songName = 'Midnight Drizzle [81fa5ff7].mp3';
const coverName = 'Midnight Drizzle [81fa5ff7].png';

describe('saveSong', () => {
  it('saves the song, then the cover, and tells how far it is', async () => {
    const { folder, job, names, read } = await stage(both);
    const events = await lastValueFrom(saveSong(job(), folder).pipe(toArray()));
    expect(await names()).toEqual([songName, coverName]);
    expect((await read(songName)).equals(song)).toBe(true);
    expect((await read(coverName)).equals(cover)).toBe(true);

    const firstOfCover = events.findIndex((event) => event.file === 'cover');
    expect(events.slice(firstOfCover).every((event) => event.file === 'cover')).toBe(true);
    expect(events[0]).toEqual({ file: 'song', path: join(folder, songName), received: 0, total: 300_000, done: false });
    expect(events[firstOfCover - 1]).toMatchObject({ received: 300_000, total: 300_000, done: true });
    expect(events.at(-1)).toMatchObject({ path: join(folder, coverName), received: 5_000, total: 5_000, done: true });
    expect(events.filter(({ done }) => done)).toHaveLength(2);
    const received = events.slice(0, firstOfCover).map((event) => event.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
  });

  it('is cold, and sends the key to nobody', async () => {
    const { folder, job, cdn, names } = await stage(both);
    const saved$ = saveSong(job(), folder);
    expect([await names(), cdn.requests]).toEqual([[], []]);
    process.env['WHISUL_API_KEY'] = 'a-secret-key';
    try {
      await lastValueFrom(saved$);
    } finally {
      delete process.env['WHISUL_API_KEY'];
    }
    expect(cdn.requests).toHaveLength(2);
    expect(JSON.stringify(cdn.requests)).not.toMatch(/authorization|cookie|secret/i);
  });

  it('makes the folder, and reads a body that is a stream of Node', async () => {
    const { folder, job, names } = await stage(both);
    const events = await lastValueFrom(saveSong(job(), join(folder, 'a', 'b'), { fetch: crossFetch }).pipe(toArray()));
    expect(events.filter(({ done }) => done).map(({ path }) => path)).toEqual([
      join(folder, 'a', 'b', songName),
      join(folder, 'a', 'b', coverName),
    ]);
    expect(await names()).toEqual(['a']);
  });

  it('saves a file whose length is not announced', async () => {
    const { folder, job, read } = await stage({
      ...both,
      '/song.mp3': (_, response) => void response.writeHead(200).end(song),
    });
    const events = await lastValueFrom(saveSong(job(), folder).pipe(toArray()));
    expect(events[0]).toMatchObject({ received: 0, total: null });
    expect((await read(songName)).equals(song)).toBe(true);
  });

  it('follows a redirect', async () => {
    const { folder, job, cdn, read } = await stage({
      ...both,
      '/song.mp3': (_, response) => void response.writeHead(302, { location: '/real.mp3' }).end(),
      '/real.mp3': file(song),
    });
    await lastValueFrom(saveSong(job(), folder));
    expect(cdn.requests.map(({ path }) => path)).toEqual(['/song.mp3', '/real.mp3', '/cover.png']);
    expect((await read(songName)).equals(song)).toBe(true);
  });

  it('never touches the file of another song, and leaves one that is there alone, without a request', async () => {
    const { folder, job, cdn, names, read } = await stage({ ...both, '/other.mp3': file(bytesOf(9, 9)) });
    const stranger = 'Midnight Drizzle.mp3';
    await writeFile(join(folder, stranger), 'mine');
    await lastValueFrom(saveSong(job(), folder));
    await lastValueFrom(saveSong(job({ id: '92ab', song: `${cdn.url}/other.mp3` }), folder));
    expect(await names()).toEqual(
      [stranger, songName, coverName, 'Midnight Drizzle [92ab].mp3', 'Midnight Drizzle [92ab].png'].sort(),
    );
    expect((await read(songName)).equals(song)).toBe(true);
    expect((await read(stranger)).toString()).toBe('mine');

    const asked = cdn.requests.length;
    const again = await lastValueFrom(saveSong(job(), folder).pipe(toArray()));
    expect(cdn.requests).toHaveLength(asked);
    expect(again).toEqual([
      { file: 'song', path: join(folder, songName), received: 300_000, total: 300_000, done: true },
      { file: 'cover', path: join(folder, coverName), received: 5_000, total: 5_000, done: true },
    ]);
  });

  it('keeps the song when the cover cannot be had', async () => {
    const { folder, job, names } = await stage({ '/song.mp3': both['/song.mp3'] });
    const error = await lastValueFrom(saveSong(job(), folder)).catch((reason: unknown) => reason);
    expect(isWhisulError(error, 'not_found') && error.message).toMatch(
      /^Job 81fa5ff7: The cover was not saved: .* 404/,
    );
    expect(await names()).toEqual([songName]);
  });

  it('saves the same song for several subscribers at once', async () => {
    const { folder, job, names, read } = await stage(both);
    await Promise.all([1, 2, 3].map(() => lastValueFrom(saveSong(job(), folder))));
    expect(await names()).toEqual([songName, coverName]);
    expect((await read(songName)).equals(song)).toBe(true);
  });

  it.each<[string, unknown, unknown, RegExp]>([
    ['a job that is not completed', { status: 'running', job_id: 'x', prompt: '' }, {}, /completed job/],
    ['no job', undefined, {}, /completed job/],
    ['a bad limit', null, { maxBytes: -1 }, /maxBytes/],
    ['a bad policy', null, { retry: { maxFailures: 'ten' } }, /retry\.maxFailures/],
    ['a bad fetch', null, { fetch: 'fetch' }, /fetch/],
  ])('refuses %s through the stream', async (_, given, options, message) => {
    const { folder, job } = await stage(both);
    const saved$ = Reflect.apply(saveSong, undefined, [given === null ? job() : given, folder, options]);
    const error = await lastValueFrom(saved$).catch((reason: unknown) => reason);
    expect(isWhisulError(error, 'invalid_request') && error.message).toMatch(message);
  });
});
