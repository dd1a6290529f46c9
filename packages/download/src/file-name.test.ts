import { posix, win32 } from 'node:path';
import type { CompletedJob } from '@whisul-rx/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileName } from './file-name.js';

const job = (title: string, job_id = '81fa5ff7', song_url = 'https://cdn.example/a.mp3'): CompletedJob => ({
  status: 'completed',
  job_id,
  prompt: '',
  error: null,
  result: { title, bpm: 1, duration: 1, song_url, image_url: 'https://cdn.example/a.png', tags: '' },
});

describe('the name of a file', () => {
  it.each([
    ['Midnight Drizzle', 'Midnight Drizzle [81fa5ff7].mp3'],
    ['../../etc/passwd', 'etc-passwd [81fa5ff7].mp3'],
    ['C:\\Windows\\win.ini', 'C-Windows-win.ini [81fa5ff7].mp3'],
    ['.bashrc', 'bashrc [81fa5ff7].mp3'],
    ['-rf', 'rf [81fa5ff7].mp3'],
    ['con.song', '_con.song [81fa5ff7].mp3'],
    ['LPT1', '_LPT1 [81fa5ff7].mp3'],
    ['Concert', 'Concert [81fa5ff7].mp3'],
    ['a\u0000b\u001b[2Jc\nd', 'ab[2Jc d [81fa5ff7].mp3'],
    ['\u202egnp.exe', 'gnp.exe [81fa5ff7].mp3'],
    ['雨の夜 🌧', '雨の夜 🌧 [81fa5ff7].mp3'],
    ['👩‍👩‍👧‍👦'.repeat(60), `${'👩‍👩‍👧‍👦'.repeat(7)}👩 [81fa5ff7].mp3`],
    ['   ', 'untitled [81fa5ff7].mp3'],
    ['\u200d', 'untitled [81fa5ff7].mp3'],
    ['', 'untitled [81fa5ff7].mp3'],
  ])('for the title %j is %j', (title, name) => {
    expect(fileName(job(title), 'song')).toBe(name);
  });

  it.each([
    ['https://cdn.example/x.WAV?token=a.exe', '.wav'],
    ['https://cdn.example/x.exe', '.mp3'],
    ['https://cdn.example/x', '.mp3'],
    ['https://cdn.example/a.b/', '.mp3'],
    ['https://cdn.example/x.png', '.mp3'],
  ])('for a song at %s ends in %s', (url, ending) => {
    expect(fileName(job('x', 'id', url), 'song')).toBe(`x [id]${ending}`);
  });

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(
        fc.constantFrom('.', ' ', '/', '\\', 'con', 'NUL', ':', 'é', 'e\u0301', '🌧', '\ud800', '[', ']', '~', 'a'),
        {
          maxLength: 150,
        },
      )
      .map((parts) => parts.join('')),
  );

  it('can be used on every system, whatever the title and the id are', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('song' as const, 'cover' as const), (title, id, kind) => {
        const name = fileName(job(title, id), kind);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}\p{Cs}]/u);
        expect(name).not.toMatch(/^[.\s~-]|[.\s]$/);
        expect(name.split('.')[0]).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\s*$/i);
        expect([posix.basename(name), win32.basename(name)]).toEqual([name, name]);
        expect(Buffer.from(name).toString()).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never that of another job, also where case and accents do not tell names apart', () => {
    const ids = fc.oneof(text, fc.string({ unit: fc.constantFrom('a', 'A', 'b', ']', ' [', '~'), maxLength: 4 }));
    fc.assert(
      fc.property(text, text, ids, ids, (title, other, id, otherId) => {
        fc.pre(id !== otherId);
        const fold = (name: string) => name.normalize('NFD').toLowerCase();
        expect(fold(fileName(job(title, id), 'song'))).not.toBe(fold(fileName(job(other, otherId), 'song')));
        expect(fold(fileName(job(title, id), 'song'))).not.toBe(fold(fileName(job(title, otherId), 'song')));
      }),
      { numRuns: 2_000 },
    );
  });
});
