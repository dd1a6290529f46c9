import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emptyFolder } from './api.js';
import { runCli, startCli } from './run-cli.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What `npm run demo` types, but for the folder. */
async function demoArguments(folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const [, program, ...args] = String(manifest.scripts.demo).split(' ');
  expect(program).toBe('packages/cli/dist/whisul-rx.js');
  return args.map((arg) => (arg === 'demo-songs' ? folder : arg));
}

it(
  'the demo makes three songs over HTTP, one of them at the second try, and ends by itself',
  { timeout: 60_000 },
  async () => {
    const folder = await emptyFolder();
    const { code, stdout, stderr } = await runCli(await demoArguments(folder), { cwd: root });
    expect([code, stderr]).toEqual([0, '3 prompts. The API is emulated: nothing is charged.\n']);
    const transitions = [...stdout.matchAll(/^ +\d+\.\d s {2}(\d) {2}(\w+)/gm)].map(
      ([, job, status]) => `${job} ${status}`,
    );
    expect(transitions.filter((line) => !line.endsWith('saved')).sort()).toEqual([
      ...['1 completed', '1 running', '1 submitted'],
      ...['2 completed', '2 failed', '2 running', '2 running', '2 submitted', '2 submitted'],
      ...['3 completed', '3 running', '3 submitted'],
    ]);
    expect(stdout).toContain('3 songs made.');
    expect(stdout, 'without a terminal there is no escape sequence').not.toContain('\u001b');

    const names = await readdir(folder);
    expect(names).toHaveLength(6);
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

it('the demo ends quietly on Ctrl-C, with the exit code that shells expect', async () => {
  const { child, shows, ended } = startCli(await demoArguments(await emptyFolder()), { cwd: root });
  await shows(/submitted/);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, signal: null, stderr: expect.stringMatching(/Stopped\.\n$/) });
});

it('the demo says why and fails when the songs cannot be kept', async () => {
  const { code, stderr } = await runCli(await demoArguments(join(root, 'package.json')), { cwd: root });
  expect(stderr).toMatch(/^Error: The folder .*package\.json cannot be written \(EEXIST/);
  expect(code).toBe(31);
});
