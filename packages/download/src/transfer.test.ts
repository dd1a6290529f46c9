import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWhisulError } from '@whisul-rx/core';
import { filter, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bytesOf, type CdnAnswer, file } from '../test/cdn.js';
import { quick, stage } from '../test/stage.js';
import { type SaveOptions, saveSong } from './save-song.js';

const song = bytesOf(300_000);
const songName = 'Midnight Drizzle [81fa5ff7].mp3';

/** A stage whose song is answered so, and what became of saving it. */
async function save(answer: CdnAnswer, options: SaveOptions = {}) {
  const place = await stage({ '/song.mp3': answer, '/cover.png': file(bytesOf(10), { type: 'image/png' }) });
  const outcome = await lastValueFrom(
    saveSong(place.job(), place.folder, { retry: quick, ...options }).pipe(toArray()),
  ).catch((error: unknown) => error);
  const asked = place.cdn.requests.filter(({ path }) => path === '/song.mp3');
  return { ...place, outcome, asked, saved: (await place.names()).includes(songName) };
}

describe('a transfer that is cut', () => {
  it('goes on where it was, and asks for the rest of the same file', async () => {
    const answer = file(song, { etag: '"one"', cut: (nth) => (nth < 3 ? 100_000 : undefined) });
    const { asked, read, outcome } = await save(answer);
    expect(outcome).toBeInstanceOf(Array);
    expect((await read(songName)).equals(song)).toBe(true);
    expect(asked).toHaveLength(3);
    const [first, second, third] = asked.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second ?? NaN);
    expect(asked.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"one"', '"one"']);
  });

  it('starts again when the server has no ranges', async () => {
    const { asked, read } = await save(file(song, { ranges: false, cut: (nth) => (nth === 1 ? 200_000 : undefined) }));
    expect((await read(songName)).equals(song)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['its ETag', { etag: ['"one"', '"two"'], lengths: [300_000, 300_000] }],
    ['its length', { etag: [], lengths: [300_000, 250_000] }],
    ['its length, and is shorter than what is there', { etag: [], lengths: [300_000, 9] }],
  ])('starts again when the file has changed %s', async (_, { etag, lengths }) => {
    const versions = lengths.map((length, index) => {
      const tag = etag[index];
      return file(bytesOf(length, index), { ...(tag && { etag: tag }), ...(index === 0 && { cut: () => 100_000 }) });
    });
    const { read } = await save((request, response, nth) => versions[nth === 1 ? 0 : 1]?.(request, response, nth));
    expect((await read(songName)).equals(bytesOf(lengths[1] ?? 0, 1))).toBe(true);
  });

  it('is cut for good after so many failures in a row that bring nothing new', async () => {
    const { outcome, asked, saved, names } = await save(file(song, { ranges: false, cut: () => 1_000 }), {
      retry: { ...quick, maxFailures: 4 },
    });
    expect(isWhisulError(outcome, 'network') && outcome.message).toMatch(/The song was not saved: .*costs nothing\.$/);
    // The first try brought bytes, which began the count anew.
    expect([asked.length, saved, await names()]).toEqual([4, false, []]);
  });

  it('may be cut more often than that while it goes on', async () => {
    const { read, asked } = await save(file(song, { cut: (nth) => (nth < 12 ? 20_000 : undefined) }), {
      retry: { ...quick, maxFailures: 3 },
    });
    expect((await read(songName)).equals(song)).toBe(true);
    expect(asked.length).toBeGreaterThan(3);
  });

  it('counts as cut when nothing comes for too long', async () => {
    const { read, asked } = await save(
      (request, response, nth) => {
        if (nth > 1) file(song)(request, response, nth);
        else response.writeHead(200, { 'content-length': song.length }).write(song.subarray(0, 50_000));
      },
      { silence: 150 },
    );
    expect((await read(songName)).equals(song)).toBe(true);
    expect(asked.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is not taken for whole when the announced length is not reached', async () => {
    const { outcome, saved } = await save(
      (_, response) =>
        response.writeHead(200, { 'content-length': song.length + 1 }).write(song, () => response.destroy()),
      { retry: { ...quick, maxFailures: 2 } },
    );
    expect(isWhisulError(outcome, 'network')).toBe(true);
    expect(saved).toBe(false);
  });
});

describe('an answer', () => {
  it('that ends early is no whole file, also when `fetch` does not mind', async () => {
    const fetch = () =>
      Promise.resolve(new Response(new Uint8Array(song), { headers: { 'content-length': `${song.length + 1}` } }));
    const { outcome, saved } = await save(file(song), { fetch, retry: { ...quick, maxFailures: 2 } });
    expect(isWhisulError(outcome, 'network') && outcome.message).toMatch(/after 300000 of 300001 bytes/);
    expect(saved).toBe(false);
  });

  it.each<[string, SaveOptions, CdnAnswer]>([
    ['announced', { maxBytes: 299_999 }, file(song)],
    ['not announced', { maxBytes: 299_999 }, (_, response) => void response.writeHead(200).end(song)],
  ])('that is longer than `maxBytes` is refused, its length %s', async (_, options, answer) => {
    const { outcome, asked, names } = await save(answer, options);
    expect(isWhisulError(outcome, 'invalid_response') && outcome.message).toMatch(
      /longer than the 299999 bytes.*maxBytes/,
    );
    expect([asked.length, await names()]).toEqual([1, []]);
  });

  it('that is exactly `maxBytes` long is saved', async () => {
    expect((await save(file(song), { maxBytes: 300_000 })).saved).toBe(true);
  });

  it.each([
    [404, 'not_found', 1],
    [403, 'unauthorized', 1],
    [410, 'not_found', 1],
    [400, 'invalid_request', 1],
    [500, 'server_error', 3],
    [429, 'rate_limited', 3],
    [204, 'invalid_response', 3],
  ] as const)('of %i ends in %s after %i requests', async (status, code, requests) => {
    const { outcome, asked, names } = await save((_, response) => void response.writeHead(status).end(), {
      retry: { ...quick, maxFailures: 3 },
    });
    expect(outcome).toMatchObject({ code, status, jobId: '81fa5ff7', lastState: { status: 'completed' } });
    expect([asked.length, await names()]).toEqual([requests, []]);
  });

  it('with a `Retry-After` above the policy’s is final', async () => {
    const { outcome, asked } = await save(
      (_, response) => void response.writeHead(503, { 'retry-after': '301' }).end(),
    );
    expect(outcome).toMatchObject({ code: 'server_error', retryAfter: 301_000 });
    expect(asked).toHaveLength(1);
  });

  it('that is a page of HTML, or nothing at all, is no song', async () => {
    const retry = { ...quick, maxFailures: 2 };
    const page = await save(file(Buffer.from('<html>'), { type: 'text/html; charset=utf-8' }), { retry });
    expect(isWhisulError(page.outcome, 'invalid_response') && page.outcome.message).toMatch(/HTML/);
    const nothing = await save((_, response) => void response.writeHead(200, { 'content-length': 0 }).end(), { retry });
    expect(isWhisulError(nothing.outcome, 'invalid_response') && nothing.outcome.message).toMatch(/empty/);
    expect([page.saved, nothing.saved]).toEqual([false, false]);
  });

  it.each(['application/json', 'application/xml; charset=utf-8', 'text/xml', 'application/problem+json'])(
    'of the type %s is no song',
    async (type) => {
      const { outcome, saved } = await save(file(Buffer.from('{"error":"expired"}'), { type }), {
        retry: { ...quick, maxFailures: 2 },
      });
      expect(isWhisulError(outcome, 'invalid_response') && outcome.message).toMatch(/JSON or XML/);
      expect(saved).toBe(false);
    },
  );

  it('that does not come, for the certificate is not trusted, is final and says what to do', async () => {
    const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
    let asked = 0;
    const fetch = () => {
      asked += 1;
      return Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error('self-signed'), { code }) }),
      );
    };
    const { outcome } = await save(file(song), { fetch });
    expect(isWhisulError(outcome, 'network') && outcome.message).toMatch(/NODE_EXTRA_CA_CERTS/);
    expect(asked).toBe(1);
  });
});

describe('a folder', () => {
  it('that is a file is an error that says so, before anything is asked for', async () => {
    const { folder, job, cdn } = await stage({});
    await writeFile(join(folder, 'taken'), '');
    const error = await lastValueFrom(saveSong(job(), join(folder, 'taken'))).catch((reason: unknown) => reason);
    expect(isWhisulError(error, 'invalid_request') && error.message).toMatch(/cannot be written \(E(EXIST|NOTDIR)/);
    expect(cdn.requests).toEqual([]);
  });

  it('that holds a folder of the song’s name is an error', async () => {
    const { folder, job } = await stage({});
    await mkdir(join(folder, songName));
    const error = await lastValueFrom(saveSong(job(), folder)).catch((reason: unknown) => reason);
    expect(isWhisulError(error, 'invalid_request') && error.message).toMatch(/is no file/);
  });
});

describe('unsubscribing', () => {
  it.each([0, 1])('after %i bytes or more aborts and leaves no half file', async (bytes) => {
    const left = new Set<Promise<unknown>>();
    const { folder, job, names } = await stage({
      '/song.mp3': (request, response) => {
        left.add(new Promise((resolve) => request.socket.on('error', () => undefined).once('close', resolve)));
        response.writeHead(200, { 'content-length': song.length }).write(song.subarray(0, 100_000));
      },
    });
    await firstValueFrom(saveSong(job(), folder).pipe(filter(({ received }) => received >= bytes)));
    expect(await names()).toEqual([]);
    await Promise.all(left);
    expect([left.size, await names()]).toEqual([1, []]);
  });

  it('at any moment leaves whole files or none', async () => {
    const { folder, job, names, read } = await stage({ '/song.mp3': file(song), '/cover.png': file(bytesOf(10)) });
    for (let turns = 0; turns < 40; turns += 1) {
      const subscription = saveSong(job({ id: `${turns}` }), folder).subscribe();
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      subscription.unsubscribe();
    }
    for (const name of await names()) {
      expect((await read(name)).length, name).toBe(name.endsWith('.mp3') ? song.length : 10);
    }
  });
});
