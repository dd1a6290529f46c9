import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder, stable, startApi } from './api.js';
import { startInTerminal } from './run-cli.js';

const prompts = ['a relaxing lo-fi hip hop beat', 'a brass band falling down the stairs', '雨の夜に弾くピアノ'];

/** Bars move with the clock; what stays is how wide they are. */
const still = (screen: string) =>
  stable(screen)
    .replace(/[█░]+/g, (bar) => '█'.repeat(bar.length))

    .replace(/submitted|running {2}/g, '<status>')
    .replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠋');

async function folderOfPrompts(): Promise<string> {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'prompts.txt'), prompts.join('\n'));
  return folder;
}

describe.each([80, 40])('a terminal of %i columns', (columns) => {
  it('shows a bar for the batch and a line for each job, and a table in the end', async () => {
    const cwd = await folderOfPrompts();
    const { env } = await startApi({ jobDuration: Infinity });
    const run = startInTerminal(['batch', 'prompts.txt', '--yes'], { cwd, columns, env });
    const live = await run.shows(/3 under way[\s\S]*[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏][\s\S]*雨の夜/);
    expect(still(live)).toMatchSnapshot();
    for (const line of live.split('\n')) expect(line.length).toBeLessThan(columns);
    run.type('\u0003');
    const { code, screen } = await run.ended;
    expect(screen).toMatch(/0 songs made, 3 not finished\.\nStopped\./);
    expect(code).toBe(130);
  });

  it('shows what a batch has become, without a trace of the live lines', async () => {
    const cwd = await folderOfPrompts();
    const args = [
      'batch',
      'prompts.txt',
      '--emulate',
      '--duration',
      '1',
      '--failure-rate',
      '0.4',
      '--seed',
      '2',
      '--out',
      'songs',
    ];
    const { code, screen } = await startInTerminal(args, { cwd, columns }).ended;
    expect(still(screen)).toMatchSnapshot();
    expect(code).toBe(20);
  });

  it('shows a song with all that is known of it', async () => {
    const cwd = await emptyFolder();
    const args = ['generate', prompts.join(' and '), '--emulate', '--duration', '1s', '--out', '.'];
    const { code, screen } = await startInTerminal(args, { cwd, columns }).ended;
    expect(still(screen)).toMatchSnapshot();
    expect(code).toBe(0);
  });
});

describe('a small terminal', () => {
  const narrow = { columns: 20, rows: 10 };

  it('shows what is being made, and no bars', async () => {
    const { env } = await startApi({ jobDuration: Infinity });
    const run = startInTerminal(['batch', 'prompts.txt', '--yes'], { cwd: await folderOfPrompts(), env, ...narrow });
    const live = await run.shows(/3 under[\s\S]* s a relax[\s\S]* s 雨の夜/);
    expect(live).not.toMatch(/[█░]/);
    run.type('\u0003');
    expect((await run.ended).code).toBe(130);
  });

  it('shows all of what the program says while it waits', async () => {
    const { env, emulator } = await startApi({ jobDuration: Infinity });
    emulator.script({ method: 'POST', type: 'hang', after: 'accept' });
    const run = startInTerminal(['generate', 'rain'], { env, columns: 40 });
    await run.shows(/waiting|rain/);
    run.type('\u0003');
    const words = await run.shows(/leaves\s+at\s+once\./);
    expect(words.replace(/\s+/g, ' ')).toMatch(
      /Stopping: waiting for the answers to what was sent\. Ctrl-C again leaves at once\.$/,
    );
    await run.kill('SIGKILL');
    await run.ended;
  });

  it('that does not join emoji is not filled with broken lines', async () => {
    const { env } = await startApi({ jobDuration: Infinity });
    const run = startInTerminal(['generate', '👩‍👩‍👧‍👦'.repeat(40)], { env });
    await run.shows(/ 1\.\d s /);
    run.type('\u0003');
    const { screen } = await run.ended;
    expect(screen).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });
});

describe('a question about money', () => {
  const args = ['batch', 'prompts.txt', '--journal', 'journal'];

  it.each([
    ['n', /Nothing was sent\./, 4],
    ['\r', /Nothing was sent\./, 4],
    ['\u0003', /Nothing was sent\./, 130],
    ['\u0004', /Nothing was sent\./, 130],
  ])('that is answered with %j costs nothing', async (keys, message, exitCode) => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const run = startInTerminal(args, { cwd: await folderOfPrompts(), env });
    await run.shows(/Pay for 3 songs\?[\s\S]*No/);
    run.type(keys);
    const { code, screen } = await run.ended;
    expect(screen).toMatch(message);
    expect([code, emulator.jobs.size]).toEqual([exitCode, 0]);
  });

  it('that is open when the system ends the program costs nothing', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const run = startInTerminal(args, { cwd: await folderOfPrompts(), env });
    await run.shows(/Pay for 3 songs\?[\s\S]*No/);
    await run.kill('SIGTERM');
    const { code, screen } = await run.ended;
    expect(screen).toContain('Nothing was sent.');
    expect([code, emulator.jobs.size]).toEqual([143, 0]);
  });

  it('that is answered with yes is paid for; it is not asked again for what is paid', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const cwd = await folderOfPrompts();
    const run = startInTerminal(args, { cwd, env });
    await run.shows(/Pay for 3 songs\?[\s\S]*No/);
    run.type('y');
    expect(await run.ended).toMatchObject({ code: 0, screen: expect.stringContaining('3 songs made.') });
    const again = await startInTerminal(args, { cwd, env }).ended;
    expect(again.screen).toMatch(/3 prompts: 3 are finished\. There is nothing to pay for\.[\s\S]*3 songs made/);
    expect(emulator.jobs.size).toBe(3);
  });

  it('cannot be asked without a terminal, nor in CI', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const { code, screen } = await startInTerminal(args, { cwd: await folderOfPrompts(), env: { ...env, CI: 'true' } })
      .ended;
    expect(screen.replaceAll('\n', '')).toContain('To pay for these songs, add --yes. Nothing was sent.');
    expect([code, emulator.jobs.size]).toEqual([2, 0]);
  });
});

describe('in a terminal', () => {
  it('a prompt cannot move the cursor, and a long name of a song does not break its line', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const title = `${'x'.repeat(200)}\u001b[2J\u001b]0;owned\u0007`;
    const result = {
      title,
      bpm: 1,
      duration: 1,
      song_url: 'http://a.example/\u001b[2J',
      image_url: 'http://a.example/',
      tags: '\u009b2J',
    };
    emulator.script({ method: 'GET', type: 'fields', fields: { result, status: 'completed' }, times: Infinity });
    const run = await startInTerminal(['generate', 'rain\u001b[2Jcoming'], { env }).ended;
    expect(run.code).toBe(0);
    // eslint-disable-next-line no-control-regex -- these are the characters that must not be there
    expect(run.raw).not.toMatch(/\u001b\[2J|\u001b\]0|\u0007|\u009b/);
    expect(run.screen).toContain('rain[2Jcoming');
  });

  it('there are no colours with NO_COLOR, and no live lines in CI', async () => {
    const args = ['generate', 'rain', '--emulate', '--duration', '1'];
    const plain = await startInTerminal(args, { env: { NO_COLOR: '1' } }).ended;
    // eslint-disable-next-line no-control-regex -- colours are escape sequences that end in m
    expect(plain.raw).not.toMatch(/\u001b\[\d+m/);
    expect((await startInTerminal(args, { env: { CI: 'true' } }).ended).screen).toMatch(/ 1 {2}completed {2}"/);
  });

  it('a second Ctrl-C leaves at once, names the jobs that are known, and half files do not stay', async () => {
    const cwd = await emptyFolder();
    const { env, emulator } = await startApi({ jobDuration: Infinity });
    emulator.script({ method: 'POST', prompt: 'rain', type: 'hang', after: 'accept' });
    const run = startInTerminal(['generate', 'rain', 'sun', '--out', '.'], { cwd, env });
    await run.shows(/waiting[\s\S]*submitted/);
    run.type('\u0003');
    await run.shows(/Stopping/);
    // Those that come too early count as echoes of the first.
    const hurry = setInterval(() => run.type('\u0003'), 100);
    const { code, screen } = await run.ended;
    clearInterval(hurry);
    expect(code).toBe(130);
    const [id] = [...emulator.jobs.values()].flatMap((job) => (job.prompt === 'sun' ? [job.job_id] : []));
    expect(screen.replaceAll('\n', '')).toContain(`whisul-rx watch ${id} --out .`);
    expect(await readdir(cwd)).toEqual([]);
  });
});
