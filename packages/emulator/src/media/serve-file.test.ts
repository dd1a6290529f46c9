import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEmulator } from '../create-emulator.js';
import { serveFile } from './serve-file.js';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const serve = (range?: string, method = 'GET') =>
  serveFile(new Request('http://emulator.local/x', { method, ...(range !== undefined && { headers: { range } }) }), {
    type: 'audio/wav',
    bytes,
  });

describe('serveFile', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, 99],
    ['bytes=10-19', 10, 19],
    ['bytes=90-1000', 90, 99],
    ['bytes=99-', 99, 99],
    ['bytes=-1', 99, 99],
    ['bytes=-1000', 0, 99],
    ['Bytes=10-19', 10, 19],
  ])('%s is answered with 206 and bytes %d to %d', async (range, first, last) => {
    const response = serve(range);
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/100`);
    expect(response.headers.get('content-length')).toBe(String(last - first + 1));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(first, last + 1));
  });

  test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s is answered with 416', async (range) => {
    const response = serve(range);
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */100']);
    expect(await response.text()).toBe('');
  });

  test.each(['bytes=', 'bytes=-', 'bytes=5-2', 'bytes=a-b', 'items=0-5', 'bytes=0-1,5-6', ''])(
    'a range that makes no sense (%j) gets the whole file',
    async (range) => {
      const response = serve(range);
      expect([response.status, response.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
      expect((await response.arrayBuffer()).byteLength).toBe(100);
    },
  );

  test.each(['"an-etag"', 'W/"an-etag"', 'Tue, 17 Feb 2026 15:39:34 GMT'])(
    'a range for the case that the file is still %s gets the whole file: it has no validators',
    async (ifRange) => {
      for (const range of ['bytes=0-5', 'bytes=100-']) {
        const request = new Request('http://emulator.local/x', { headers: { range, 'if-range': ifRange } });
        const response = serveFile(request, { type: 'audio/wav', bytes });
        expect(response.status).toBe(200);
        expect((await response.arrayBuffer()).byteLength).toBe(100);
      }
    },
  );

  test('HEAD gets the headers of the whole file', async () => {
    const response = serve('bytes=0-5', 'HEAD');
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '100']);
    expect(await response.text()).toBe('');
  });

  test('parts in a row are the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 99 })), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), 100];
        const parts = edges.slice(0, -1).map(async (from, i) => {
          const response = serve(`bytes=${from}-${(edges[i + 1] ?? 0) - 1}`);
          return [...new Uint8Array(await response.arrayBuffer())];
        });
        expect((await Promise.all(parts)).flat()).toEqual([...bytes]);
      }),
    );
  });
});

describe('the files of a job', () => {
  const publish = async () => {
    let time = 0;
    const emulator = createEmulator({ jobDuration: 1_000, now: () => time });
    const submitted = await emulator.fetch('https://music.example/api/generate', {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
      body: '{"prompt":"a song"}',
    });
    const { job_id }: { job_id: string } = await submitted.json();
    return { emulator, job_id, finish: () => (time = 1_000) };
  };

  test('are where the answer says, without a key, for any page, when the job is completed', async () => {
    const { emulator, job_id, finish } = await publish();
    const files = [
      [`https://music.example/songs/${job_id}.wav`, 'audio/wav'],
      [`https://music.example/art/${job_id}.png`, 'image/png'],
    ] as const;
    for (const [url] of files) expect((await emulator.fetch(url)).status).toBe(404);
    finish();
    const answer = await emulator.fetch(`https://music.example/api/jobs/${job_id}`, {
      headers: { authorization: 'Bearer any' },
    });
    expect(await answer.json()).toMatchObject({ result: { song_url: files[0][0], image_url: files[1][0] } });
    for (const [url, type] of files) {
      const file = await emulator.fetch(url);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, type]);
      expect(file.headers.get('access-control-allow-origin')).toBe('*');
      const length = (await file.arrayBuffer()).byteLength;
      const head = await emulator.fetch(url, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(length)]);
      const part = await emulator.fetch(url, { headers: { range: 'bytes=4-7' } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-7/${length}`]);
      const preflight = await emulator.fetch(url, { method: 'OPTIONS' });
      expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'range']);
    }
  });

  test('other files are not there', async () => {
    const { emulator, job_id, finish } = await publish();
    finish();
    for (const path of [
      'songs/unknown.wav',
      `songs/${job_id}.mp3`,
      `songs/${job_id}.x.wav`,
      `songs/${job_id}`,
      'art/unknown.png',
      'songs/',
    ]) {
      expect((await emulator.fetch(`https://music.example/${path}`)).status).toBe(404);
    }
  });
});
