import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import headless from '@xterm/headless';
import { quoteCommand } from '../src/session/quote-command.js';

// The command line as it is built and installed.
export const bin = fileURLToPath(new URL('../dist/whisul-rx.js', import.meta.url));

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What its standard input holds; nothing at all without it. */
  readonly input?: string;
}

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment without what would change how it looks, or whom it talks to. */
function cleanEnv(env: CliOptions['env'] = {}): NodeJS.ProcessEnv {
  const known = Object.entries(process.env).filter(
    ([name]) => !/^(WHISUL_|CI$|NO_COLOR$|FORCE_COLOR$|TERM$|NODE_OPTIONS$|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(known), TERM: 'xterm-256color', ...env };
}

/** Starts the command line without a terminal. */
export function startCli(args: readonly string[], { env, cwd, input }: CliOptions = {}) {
  const child = spawn(process.execPath, [bin, ...args], { env: cleanEnv(env), cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(input);
  const ended = once(child, 'close').then(([code, signal]): CliEnd => ({ code, signal, stdout, stderr }));
  /** Resolves once the output so far has it. */
  const shows = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(stdout + stderr)) {
      const more = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      const over = await Promise.race([more.then(() => false), ended.then(() => true)]);
      if (over && !pattern.test(stdout + stderr))
        throw new Error(`It ended without ${String(pattern)}: ${stdout}${stderr}`);
    }
  };
  return { child, ended, shows, output: () => stdout + stderr };
}

export function runCli(args: readonly string[], options?: CliOptions): Promise<CliEnd> {
  return startCli(args, options).ended;
}

export interface ScreenOptions extends CliOptions {
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * Starts the command line in a pseudo-terminal, which `script` of util-linux gives: Debian has it in its base system.
 * What it draws goes through a terminal emulator, so that a test sees what a person would.
 */
export function startInTerminal(args: readonly string[], { env, cwd, columns = 80, rows = 24 }: ScreenOptions = {}) {
  const command = `stty cols ${columns} rows ${rows}; exec ${quoteCommand([process.execPath, bin, ...args])}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: cleanEnv({ SHELL: '/bin/bash', ...env }),
    cwd,
  });
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
  let raw = '';
  let drawn = Promise.resolve();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    drawn = drawn.then(() => new Promise<void>((resolve) => terminal.write(text, resolve)));
  });
  child.stdin.on('error', () => undefined);
  const screen = async (): Promise<string> => {
    await drawn;
    const { active } = terminal.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, line) => active.getLine(line)?.translateToString(true) ?? '',
    );
    return lines.join('\n').trimEnd();
  };
  const ended = once(child, 'close').then(async ([code]) => ({ code: Number(code), screen: await screen(), raw }));
  const shows = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const now = await screen();
      if (pattern.test(now)) return now;
      const over = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
      const last = await screen();
      if (over && !pattern.test(last)) throw new Error(`It ended without ${String(pattern)}:\n${last}`);
    }
  };
  /** Sends a signal to the command line itself, which is the only child of `script`. */
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    process.kill(Number(children.trim()), signal);
  };
  return { ended, shows, kill, type: (keys: string) => void child.stdin.write(keys) };
}
