import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));

const prelude = `
  import { fromEmitter, toEmitter } from '../src/index.ts';
  import { WhisulError } from '@whisul-rx/core';
  import { concat, interval, map, NEVER, of, Subject, throwError } from 'rxjs';
  import { completed, running } from './job-states.ts';
  const log = (...words) => console.log(...words);
  const watch = () => {
    process.on('uncaughtException', (error) => log('uncaught', error.message.replace(/\\n/g, ' ')));
    process.on('unhandledRejection', (error) => log('unhandled', error.message));
  };
`;

const core = (entry: string) => fileURLToPath(new URL(`../../core/src/${entry}.ts`, import.meta.url));

/** Runs a program in a process of its own: what is uncaught there is uncaught for real. */
async function run(program: string): Promise<{ lines: string[]; stderr: string; code: unknown }> {
  const bundle = await build({
    stdin: { contents: prelude + program, resolveDir: here, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    alias: { '@whisul-rx/core/adapter': core('adapter'), '@whisul-rx/core': core('index') },
    logLevel: 'silent',
  });
  const child = spawn(process.execPath, ['--input-type=module'], { timeout: 60_000 });
  child.stdin.end(bundle.outputFiles[0]?.contents);
  const [stdout, stderr, code] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'close').then(([exitCode]): unknown => exitCode),
  ]);
  return { lines: stdout.split('\n').filter(Boolean), stderr, code };
}

describe('an error with no listener', () => {
  it('ends the process, as in Node', async () => {
    const { code, stderr } = await run(`
      toEmitter(throwError(() => new WhisulError('network', 'the cable is cut'))).on('state', log);
    `);
    expect(code).toBe(1);
    expect(stderr).toContain('the cable is cut');
  });

  it('is an uncaught exception, and close comes still', async () => {
    const { lines, code } = await run(`
      watch();
      toEmitter(concat(of(running), throwError(() => new Error('gone'))))
        .on('running', () => log('running'))
        .on('close', () => log('close'));
    `);
    expect(lines).toEqual(['running', 'close', 'uncaught gone']);
    expect(code).toBe(0);
  });
});

describe('a listener that throws', () => {
  it('disturbs no other listener, no later event, not close, and not the source', async () => {
    const { lines } = await run(`
      watch();
      const source$ = new Subject();
      const emitter = toEmitter(source$)
        .on('state', () => { throw new Error('bug in state'); })
        .on('state', (state) => log('state', state.status))
        .on('completed', () => { throw new Error('bug in completed'); })
        .on('completed', () => log('completed'))
        .on('close', () => { throw new Error('bug in close'); })
        .on('close', () => log('close'));
      fromEmitter(emitter).subscribe({ next: () => { throw new Error('bug in next'); }, complete: () => log('complete') });
      setImmediate(() => {
        source$.next(running);
        log('back in the source', source$.observed);
        source$.next(completed);
        log('back in the source', source$.observed, emitter.closed);
      });
    `);
    const bugs = lines.filter((line) => line.startsWith('uncaught'));
    expect(lines.filter((line) => !bugs.includes(line))).toEqual([
      'state running',
      'back in the source true',
      'state completed',
      'complete',
      'completed',
      'close',
      'back in the source false true',
    ]);
    expect(bugs.sort()).toEqual([
      'uncaught bug in close',
      'uncaught bug in completed',
      'uncaught bug in next',
      'uncaught bug in next',
      'uncaught bug in state',
      'uncaught bug in state',
    ]);
  });

  it('of error keeps it from nobody either', async () => {
    const { lines } = await run(`
      watch();
      const { errorMonitor } = await import('node:events');
      const emitter = toEmitter(throwError(() => new Error('gone')))
        .on(errorMonitor, () => log('monitor'))
        .on('error', () => { throw new Error('bug'); })
        .on('error', (error) => log('error', error.message))
        .on('close', () => log('close'));
      fromEmitter(emitter).subscribe({ error: (error) => log('stream', error.message) });
    `);
    expect(lines).toEqual(['monitor', 'error gone', 'stream gone', 'close', 'uncaught bug']);
  });

  it('later, by rejecting, is an unhandled rejection, never the event error', async () => {
    const { lines } = await run(`
      const { EventEmitter } = await import('node:events');
      EventEmitter.captureRejections = true;
      watch();
      toEmitter(of(running, completed))
        .on('running', async () => { throw new Error('bug'); })
        .on('error', () => log('error'))
        .on('close', () => log('close'));
    `);
    expect(lines).toEqual(['close', 'unhandled bug']);
  });
});

describe('a source whose teardown throws', () => {
  it.each([
    [
      'close()',
      `source$.next(running); try { emitter.close(); } catch (error) { log('caught', String(error.errors)); }`,
    ],
    ['the abort of the signal', `controller.abort();`],
    ['the terminal state', `source$.next(completed);`],
    ['an error', `source$.error(new Error('gone'));`],
    ['the end of the stream', `source$.complete();`],
    [
      'the last listener',
      `emitter.removeAllListeners(); setImmediate(() => { emitter.on('close', () => log('close')); emitter.close(); });`,
    ],
  ])('keeps close from nobody, and is told: %s', async (_, end) => {
    const { lines } = await run(`
      const { Observable } = await import('rxjs');
      watch();
      const controller = new AbortController();
      const source$ = new Subject();
      const torn$ = new Observable((subscriber) => {
        source$.subscribe(subscriber);
        return () => { throw new Error('bug'); };
      });
      const emitter = toEmitter(torn$, { signal: controller.signal })
        .on('error', () => undefined)
        .on('close', () => log('close'));
      setImmediate(() => {
        ${end}
      });
    `);
    expect(lines.filter((line) => line === 'close')).toEqual(['close']);
    expect(lines.filter((line) => /^(caught|uncaught) .*bug/s.test(line))).toHaveLength(1);
  });
});

describe('a process', () => {
  it.each([
    ['nobody listens', ``],
    [
      'the last listener has left',
      `emitter.on('state', leave); function leave() { emitter.off('state', leave); log('left'); }`,
    ],
    [
      'the last subscriber has left',
      `const s = fromEmitter(emitter).subscribe(() => { s.unsubscribe(); log('left'); });`,
    ],
    ['the emitter was closed', `emitter.on('state', () => { emitter.close(); log('left'); });`],
    ['the signal aborted', `emitter.on('state', () => { controller.abort(); log('left'); });`],
  ])('ends by itself when %s', async (_, program) => {
    const { lines, code } = await run(`
      const controller = new AbortController();
      const emitter = toEmitter(interval(1).pipe(map(() => running)), { signal: controller.signal });
      ${program}
    `);
    expect(code).toBe(0);
    expect(lines).toEqual(program === '' ? [] : ['left']);
  });
});
