import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quoteCommand } from '../src/session/quote-command.js';
import { emptyFolder, stable, startApi } from './api.js';
import { bin, runCli, startCli } from './run-cli.js';

const quick = ['--emulate', '--duration', '1'];
const lines = (text: string) => text.trimEnd().split('\n');

describe.concurrent('what is typed', () => {
  it('shows help with examples for the program and each command', async () => {
    const { stdout, code } = await runCli(['--help']);
    expect(code).toBe(0);
    const commands = ['generate', 'watch', 'status', 'batch', 'journal', 'serve', 'emulate'];
    for (const command of commands) expect(stdout).toContain(command);
    const helps = await Promise.all(commands.map((command) => runCli([command, '--help'])));
    for (const [index, help] of helps.entries()) {
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Examples:\n  $ `);
      expect(help.stdout).toMatch(new RegExp(`\\$ .*whisul-rx ${commands[index]}`));
    }
  });

  it('shows its version', async () => {
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [['genrate', 'rain'], "unknown command 'genrate'\n(Did you mean generate?)"],
    [['generate', 'rain', '--emulat'], "unknown option '--emulat'\n(Did you mean --emulate?)"],
    [['batch', 'x', '--concurency', '3'], '(Did you mean --concurrency?)'],
    [['generate'], 'missing required argument'],
    [['batch', 'x', '--concurrency', '0'], 'Give a whole number from 1.'],
    [['emulate', '--duration', 'long'], 'Give a time such as 500ms'],
    [['generate', 'rain', '--duration', '1s'], 'add --emulate'],
    [['generate', ' ', '--emulate'], 'A prompt is empty'],
    [['watch', ''], 'An id is empty'],
    [['serve', '--emulate'], 'Say who may read jobs'],
    [['serve', '--emulate', '--public', '--token', 'x'], 'not both'],
  ])('says of %j what was meant, and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe.concurrent('generate', () => {
  it('prints a line for each step without a terminal, and saves what it made', async () => {
    const out = await emptyFolder();
    const run = await runCli(['generate', 'rain on a tin roof', ...quick, '--out', out]);
    expect(stable(run.stdout)).toMatchInlineSnapshot(`
      " <time>  1  submitted  rain on a tin roof
       <time>  1  completed  "Midnight Lanterns", 87 bpm, 0:12
                 tags    rain, tin, roof, mellow
                 prompt  rain on a tin roof
                 song    http://<host>/songs/<id>.wav
                 cover   http://<host>/art/<id>.png
                 job     <id>
       <time>  1  saved      <folder>/Midnight Lanterns [<id>].wav
       <time>  1  saved      <folder>/Midnight Lanterns [<id>].png
      "
    `);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout, 'no escape sequence').not.toContain('\u001b');
    expect((await readdir(out)).map((name) => name.replace(/.*\./, '')).sort()).toEqual(['png', 'wav']);
  });

  it('prints JSON and nothing else with --json', async () => {
    const out = await emptyFolder();
    const { stdout, stderr, code } = await runCli(['generate', 'rain', 'sun', ...quick, '--json', '--out', out]);
    const objects = lines(stdout).map((line) => JSON.parse(line));
    expect([code, stderr]).toEqual([0, '']);
    expect(objects.map(({ type }) => type).sort()).toEqual([
      ...Array.from({ length: 2 }, () => 'saved'),
      ...objects.filter(({ type }) => type === 'state').map(() => 'state'),
      'summary',
    ]);
    expect(objects.filter(({ job }) => job?.status === 'completed')).toHaveLength(2);
    expect(objects.at(-1)).toEqual({
      type: 'summary',
      made: 2,
      failed: 0,
      problems: 0,
      unsaved: 0,
      interrupted: false,
    });
  });

  it('exits with the code of what went wrong', async () => {
    const failed = await runCli(['generate', 'rain', ...quick, '--failure-rate', '1']);
    expect(failed).toMatchObject({ code: 20, stdout: expect.stringMatching(/failed {5}\w/) });
    const { emulator, env } = await startApi({ jobDuration: 1 });
    emulator.script({ method: 'POST', type: 'status', status: 401, times: Infinity });
    const refused = await runCli(['generate', 'rain'], { env });
    expect(refused.code).toBe(30);
    expect(refused.stdout + refused.stderr).toMatch(/unauthorized.*Check WHISUL_API_KEY/);
    expect(refused.stdout + refused.stderr).not.toContain('a-secret-key');
  });

  it('says how a song that could not be saved is saved without paying for it again', async () => {
    const { emulator, env, url } = await startApi({ jobDuration: 1 });
    const files = { song_url: new URL('/songs/none.mp3', url).href, image_url: new URL('/art/none.png', url).href };
    const result = { title: 'A Song', bpm: 90, duration: 60, tags: '', ...files };
    emulator.script({ method: 'GET', type: 'fields', fields: { result, status: 'completed' }, times: Infinity });
    const out = await emptyFolder();
    const { code, stderr } = await runCli(['generate', 'rain', '--out', out], { env });
    const [id] = [...emulator.jobs.keys()];
    expect(stderr).toBe(
      `One song is made and not saved. To save without paying again:\n  whisul-rx watch ${id} --out ${out}\n`,
    );
    expect(code).toBe(32);
  });

  it('says that there is no key, and what to do', async () => {
    const { code, stderr } = await runCli(['generate', 'rain']);
    expect(stderr).toMatch(/Set WHISUL_API_KEY, or try it without one: --emulate/);
    expect(code).toBe(30);
  });

  it('says what it waits for when the API cannot be reached, and ends on Ctrl-C', async () => {
    const env = { WHISUL_API_KEY: 'x', WHISUL_BASE_URL: 'http://127.0.0.1:9/api' };
    const { child, shows, ended } = startCli(['generate', 'rain'], { env });
    await shows(/The API \(http:\/\/127\.0\.0\.1:9\/api\) cannot be reached\. Next try in/);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining('Stopped.') });
  });

  it('says on Ctrl-C how to follow what goes on', async () => {
    const { emulator, env } = await startApi({ jobDuration: Infinity });
    const { child, shows, ended } = startCli(['generate', 'rain', '--out', await emptyFolder()], { env });
    await shows(/submitted/);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    const [id] = [...emulator.jobs.keys()];
    expect(stderr).toContain(`whisul-rx watch ${id} --out `);
    expect(code).toBe(130);
  });
});

describe.concurrent('watch, status and journal', () => {
  it('follow a job, ask for it once, and read what a batch wrote down', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const folder = await emptyFolder();
    const journal = join(folder, 'journal');
    await writeFile(join(folder, 'prompts.txt'), 'rain\n\nsun\r\n');
    await runCli(['batch', join(folder, 'prompts.txt'), '--journal', journal, '--yes'], { env });
    const [id = ''] = [...emulator.jobs.keys()];

    const watched = await runCli(['watch', id], { env });
    expect(watched).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/completed .*bpm[\s\S]*tags[\s\S]*song .*http/),
    });
    const asked = await runCli(['status', id, '--json'], { env });
    expect(JSON.parse(asked.stdout)).toMatchObject({ job_id: id, status: 'completed' });
    expect((await runCli(['status', 'unknown'], { env })).code).toBe(32);

    const entries = lines((await runCli(['journal', journal, '--json'])).stdout).map((line) => JSON.parse(line));
    expect(entries.map(({ key, state }) => [key, state]).sort()).toEqual([
      ['rain', 'completed'],
      ['sun', 'completed'],
    ]);
    const table = await runCli(['journal', journal]);
    expect(table.stdout).toMatch(/^state +prompt[\s\S]*\n2 prompts: 2 completed\.\n$/);
    expect(await runCli(['journal', journal, '--unknown'])).toMatchObject({
      code: 0,
      stdout: 'No prompt is in doubt.\n',
    });
    expect(await runCli(['journal', folder])).toMatchObject({
      code: 40,
      stderr: expect.stringContaining('There is no journal'),
    });
  });

  it('list the prompts that are in doubt', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    emulator.script({ method: 'POST', prompt: 'sun', type: 'reset', after: 'accept' });
    const folder = await emptyFolder();
    const journal = join(folder, 'journal');
    await writeFile(join(folder, 'prompts.txt'), 'rain\nsun\n');
    const args = ['batch', join(folder, 'prompts.txt'), '--journal', journal, '--yes'];
    expect((await runCli(args, { env })).code).toBe(21);
    const doubtful = await runCli(['journal', journal, '--unknown']);
    expect(doubtful).toMatchObject({ code: 0, stdout: 'sun\n', stderr: expect.stringContaining('--resubmit-unknown') });
    expect((await runCli(args, { env })).stderr).toContain('1 is in doubt and not sent again');
    expect(emulator.jobs.size).toBe(2);
    expect((await runCli([...args, '--resubmit-unknown'], { env })).code).toBe(0);
    expect(emulator.jobs.size).toBe(3);
  });
});

describe.concurrent('what goes wrong outside', () => {
  it.each([
    ['is not there', 'missing.txt', /cannot be read \(ENOENT/],
    ['is a folder', '.', /cannot be read \(EISDIR/],
    ['is no text', 'bytes', /is not UTF-8 text/],
  ])('a file that %s ends it with 42', async (_, file, message) => {
    const cwd = await emptyFolder();
    await writeFile(join(cwd, 'bytes'), Buffer.from([0xff, 0xfe, 0x00]));
    const { code, stderr } = await runCli(['batch', file, '--emulate'], { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(42);
  });

  it('a folder that cannot be written ends it before anything is paid', async () => {
    const { env, emulator } = await startApi();
    const folder = await emptyFolder();
    await writeFile(join(folder, 'taken'), '');
    const { code, stderr } = await runCli(['generate', 'rain', '--out', join(folder, 'taken', 'songs')], { env });
    expect(stderr).toMatch(/The folder .* cannot be written \(ENOTDIR.*Nothing was sent\./);
    expect([code, emulator.jobs.size]).toEqual([31, 0]);
  });

  it('a disk that is full stops a batch, which can go on later', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const folder = await emptyFolder();
    await writeFile(join(folder, 'prompts.txt'), Array.from({ length: 30 }, (_, index) => `song ${index}`).join('\n'));
    await mkdir(join(folder, 'songs'));
    const args = ['batch', 'prompts.txt', '--out', 'songs', '--concurrency', '1', '--yes'];
    // No file may be longer than 200 KB; a song is.
    const shell = `trap '' XFSZ; ulimit -f 400; exec ${quoteCommand([process.execPath, bin, ...args])}`;
    const child = spawn('/bin/sh', ['-c', shell], { cwd: folder, env: { ...process.env, ...env, CI: '' } });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.resume();
    const [code] = await once(child, 'close');
    expect(stderr).toMatch(/Songs cannot be saved \(EFBIG.*no more are started/);
    expect([code, await readdir(join(folder, 'songs'))]).toEqual([31, []]);
    expect(emulator.jobs.size).toBeLessThan(30);
  });

  it('a reader that has seen enough ends it quietly', async () => {
    const help = startCli(['--help']);
    help.child.stdout.destroy();
    expect(await help.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    const { child, ended, shows } = startCli(['generate', 'rain', '--emulate', '--duration', '1s', '--json']);
    await shows(/submitted/);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe.concurrent('colours', () => {
  it.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [{ CI: 'true' }, false],
  ])('with %j and no terminal: %s', async (env, coloured) => {
    const { stdout } = await runCli(['generate', 'rain', ...quick], { env });
    expect(stdout.includes('\u001b[')).toBe(coloured);
  });
});
