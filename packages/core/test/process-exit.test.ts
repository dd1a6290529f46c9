import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { completedBody, runningBody } from './answers.js';
import { half, type HostileServer, hostileServer, json } from './hostile-server.js';

let folder = '';
/** The library in one file, beside an installed cross-fetch. */
let bundle = '';
/** The same with cross-fetch inside: loading it prints a warning of Node's, for it brings `punycode`. */
let closedBundle = '';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whisul-core-'));
  bundle = join(folder, 'core.mjs');
  closedBundle = join(folder, 'closed.mjs');
  await mkdir(join(folder, 'node_modules'));
  await symlink(here('../node_modules/cross-fetch'), join(folder, 'node_modules/cross-fetch'));
  for (const [outfile, external] of [
    [bundle, ['cross-fetch']],
    [closedBundle, []],
  ] as const) {
    await build({
      stdin: { contents: `export * from '@whisul-rx/core'; export { take } from 'rxjs';`, resolveDir: here('.') },
      alias: { '@whisul-rx/core': here('../src/index.js') },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      external: [...external],
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    });
  }
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Answers as its path says: `/api/jobs/{what}`. */
function serve(): Promise<HostileServer> {
  return hostileServer((response, { path, method }) => {
    if (method === 'POST') setTimeout(() => json(response, 202, { job_id: 'running' }), 300);
    else if (path.endsWith('half')) half(response, 200, runningBody, 'hang');
    else if (path.endsWith('busy')) json(response, 429, {}, { 'retry-after': '250' });
    else if (path.endsWith('down')) json(response, 503, {}, { 'retry-after': '250' });
    else if (path.endsWith('refused')) json(response, 401, {});
    else if (!path.endsWith('hang')) json(response, 200, path.endsWith('done') ? completedBody : runningBody);
  });
}

/** Runs a program on the built library, and tells what it printed and how it ended. */
async function run(url: string, program: string, options = '{}', env: NodeJS.ProcessEnv = {}, library = bundle) {
  const source = `
    import { createWhisul, fixedSchedule, jobSchema, take } from ${JSON.stringify(library)};
    const whisul = createWhisul({ apiKey: 'sk-0123456789', baseUrl: ${JSON.stringify(url)}, ...${options} });
    const say = (what) => process.stdout.write(what + '\\n');
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { ended, output: () => out };
}

/** Far below any wait of the client: what exits within it was not held up. */
const soon = 20_000;

describe('J3: a process with no subscriber exits by itself', () => {
  it.each([
    ['in the wait between polls', 'running'],
    ['while the head is awaited', 'hang'],
    ['while the body is awaited', 'half'],
    ['at the closed gate', 'busy'],
    ['in the wait after a failure', 'down'],
  ])(
    'after unsubscribing %s',
    async (_, id) => {
      const { url } = await serve();
      const job = `const job = whisul.job$('${id}').subscribe({ error: (e) => say(e.code) }); setTimeout(() => { job.unsubscribe(); say('left'); }, 700);`;
      for (const fetch of ['{}', '{ fetch: globalThis.fetch }']) {
        expect(await (await run(url, job, fetch)).ended).toEqual({ code: 0, out: 'left\n', err: '' });
      }
    },
    soon,
  );

  it.each([
    ['a job that is done', `whisul.job$('done').subscribe({ complete: () => say('complete') });`, 'complete'],
    ['an error', `whisul.job$('refused').subscribe({ error: (e) => say(e.code) });`, 'unauthorized'],
    [
      'close()',
      `whisul.job$('running').subscribe({ next: () => whisul.close(), error: (e) => say(e.code) });`,
      'closed',
    ],
    ['take(1)', `whisul.job$('running').pipe(take(1)).subscribe((job) => say(job.status));`, 'running'],
    [
      'a POST that was left: its receipt comes first',
      `whisul.events$.subscribe((e) => e.type === 'submitted' && say(e.job.job_id)); whisul.generate$('x').subscribe().unsubscribe();`,
      'running',
    ],
    [
      'an aborted submit',
      `const c = new AbortController(); whisul.submit('x', { signal: c.signal }).catch((e) => say(e.code)); setTimeout(() => c.abort(), 50);`,
      'submit_unknown',
    ],
    [
      'a job timeout',
      `createWhisul({ apiKey: 'k', baseUrl: 'URL', jobTimeout: 300 }).job$('hang').subscribe({ error: (e) => say(e.code) });`,
      'job_timeout',
    ],
    ['nothing but listening to events$', `whisul.events$.subscribe(); say('listening');`, 'listening'],
  ])(
    'after %s',
    async (_, program, said) => {
      const { url } = await serve();
      const { ended } = await run(url, program.replace('URL', url));
      expect(await ended).toEqual({ code: 0, out: `${said}\n`, err: '' });
    },
    soon,
  );

  it(
    'one with a subscriber does not',
    async () => {
      const { url, calls } = await serve();
      const { ended, output } = await run(
        url,
        `whisul.job$('running').subscribe((job) => say(job.status));`,
        '{ schedule: fixedSchedule(200) }',
      );
      const first = await Promise.race([ended.then(() => 'exited'), until(() => calls.length > 5).then(() => 'polls')]);
      expect([first, output()]).toEqual(['polls', 'running\n']);
    },
    soon,
  );
});

describe('cross-fetch is loaded only by a client that needs it', () => {
  it.each([
    ['a `fetch` of its own', '{ fetch: globalThis.fetch }', false],
    ['a `transport` of its own', '{ transport: (r) => fetch(r.url, { headers: r.headers, signal: r.signal }) }', false],
    ['neither', '{}', true],
  ])(
    'a client with %s',
    async (_, options, warns) => {
      const { url } = await serve();
      const program = `whisul.job$('done').subscribe((job) => say(job.status));`;
      // With this option Node 20 warns, too.
      const env = { NODE_OPTIONS: '--pending-deprecation' };
      const { code, out, err } = await (await run(url, program, options, env, closedBundle)).ended;
      expect([code, out, err.includes('DEP0040')]).toEqual([0, 'completed\n', warns]);
    },
    soon,
  );
});

describe('G5: timestamps are UTC', () => {
  it.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Apia'])(
    'on a machine in %s',
    async (TZ) => {
      const program = `
      say(new Date('2026-02-17 15:39:34').toISOString());
      whisul.job$('done').subscribe((job) => say(job.started_at + ' ' + job.finished_at));
      const read = (started_at) => jobSchema.parse({ status: 'running', job_id: 'a', started_at }).started_at;
      say(['2026-03-08 02:30:00', '2026-11-01 01:30:00', '2026-02-17T15:39:34Z', '2026-02-17T15:39:34+02:00'].map(read).join(' '));`;
      const { url } = await serve();
      const { out } = await (await run(url, program, '{}', { TZ })).ended;
      expect(out).not.toContain('2026-02-17T15:39:34.000Z\n2');
      expect(out.split('\n').slice(1)).toEqual([
        '2026-03-08T02:30:00.000Z 2026-11-01T01:30:00.000Z 2026-02-17T15:39:34.000Z 2026-02-17T13:39:34.000Z',
        '2026-02-17T15:39:34.000Z 2026-02-17T15:41:12.000Z',
        '',
      ]);
    },
    soon,
  );
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
