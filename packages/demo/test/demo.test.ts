import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

// What `npm run demo` runs, as it was built.
const program = fileURLToPath(new URL('../dist/index.js', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whisul-rx-demo-'));
});
afterAll(() => rm(folder, { recursive: true }));

it(
  'follows three songs to their end over HTTP, saves what was made, and exits by itself',
  { timeout: 40_000 },
  async () => {
    // A non-zero exit code, a kill after 30 s included, rejects.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, folder], { timeout: 30_000 });
    expect(stderr).toBe('');

    const transitions = [...stdout.matchAll(/^ +\d+\.\d s {2}(\d) {2}(\w+)/gm)].map(
      ([, job, status]) => `${job} ${status}`,
    );
    expect([...transitions].sort()).toEqual([
      ...['1 completed', '1 running', '1 submitted'],
      ...['2 failed', '2 running', '2 submitted'],
      ...['3 completed', '3 running', '3 submitted'],
    ]);
    expect(transitions.slice(0, 3).every((transition) => transition.endsWith('submitted'))).toBe(true);
    expect(stdout).toContain('2 songs made, 1 failed');
    expect(stdout).toMatch(/\d+ requests: 3 to submit, \d+ to poll\./);
    expect(stdout, 'without a terminal there is no escape sequence').not.toContain('\u001b');

    const names = await readdir(folder);
    expect(names).toHaveLength(4);
    for (const name of names) {
      expect(stdout).toContain(name);
      const bytes = await readFile(join(folder, name));
      if (name.endsWith('.wav')) {
        expect([bytes.toString('latin1', 0, 4), bytes.toString('latin1', 8, 12)]).toEqual(['RIFF', 'WAVE']);
        expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
      } else {
        expect(name).toMatch(/\.png$/);
        expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
        expect(bytes.toString('latin1', bytes.length - 8, bytes.length - 4)).toBe('IEND');
      }
    }
  },
);

/** The demo once it has said its first words, and how it ends. */
async function start(target: string) {
  const demo = spawn(process.execPath, [program, target]);
  let stderr = '';
  demo.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(demo, 'close');
  await once(demo.stdout, 'data');
  return { demo, ended: ended.then(([code, signal]) => ({ code, signal, stderr })) };
}

it('ends quietly when its reader has seen enough, as with `| head -1`', { timeout: 40_000 }, async () => {
  const { demo, ended } = await start(folder);
  demo.stdout.destroy();
  expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
});

it('ends quietly on Ctrl-C, with the exit code that shells expect', { timeout: 40_000 }, async () => {
  const { demo, ended } = await start(folder);
  demo.stdout.resume();
  demo.kill('SIGINT');
  expect(await ended).toEqual({ code: 130, signal: null, stderr: '' });
});

it('says why and exits with 1 when the songs cannot be kept', { timeout: 40_000 }, async () => {
  const { demo, ended } = await start(program);
  demo.stdout.resume();
  expect(await ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^The demo failed: .*EEXIST.*\n$/) });
});
