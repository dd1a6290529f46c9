import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import colours from 'picocolors';

/** Where a command writes to, and what can be shown there. */
export interface Terminal {
  /** Lines may be drawn again and again: somebody is looking. */
  readonly live: boolean;
  readonly paint: ReturnType<typeof colours.createColors>;
  readonly columns: () => number;
  readonly rows: () => number;
  /** A line of the command's result, for stdout. It stays. */
  print(line: string): void;
  /** A line about what happens, for stderr. It stays. */
  warn(line: string): void;
  /** Replaces the live lines, which stand below everything that stays. Nothing happens if nobody is looking. */
  draw(lines: readonly string[]): void;
  /** Takes the live lines away, and gives the cursor back. */
  end(): void;
}

/** A variable that is set to something that means yes. */
function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/** Node leaves `isTTY` out where there is no terminal. */
function isTerminal({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true;
}

/** `NO_COLOR` first, then `FORCE_COLOR`, then whether somebody is looking. */
function wantsColour({ stdout, env }: Pick<NodeJS.Process, 'stdout' | 'env'>): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] === '' || isOn(env['FORCE_COLOR']);
  return isTerminal(stdout) && env['TERM'] !== 'dumb';
}

export function openTerminal(process: NodeJS.Process, { json }: { json: boolean }): Terminal {
  const { stdout, stderr, env } = process;
  const live = isTerminal(stdout) && !json && !isOn(env['CI']) && env['TERM'] !== 'dumb';
  const columns = (): number => stdout.columns || 80;
  const update = live ? createLogUpdate(stdout) : undefined;
  let shown: readonly string[] = [];

  const redraw = (): void => {
    // The last column is left free, for some terminals wrap a line that fills it; and one more for a wide character
    // that is cut.
    const width = Math.max(10, columns() - 2);
    if (shown.length > 0) update?.(shown.map((line) => cliTruncate(line, width)).join('\n'));
  };
  const stay = (stream: NodeJS.WriteStream, line: string): void => {
    if (shown.length > 0) update?.clear();
    stream.write(`${line}\n`);
    redraw();
  };
  return {
    live,
    paint: colours.createColors(!json && wantsColour({ stdout, env })),
    columns,
    rows: () => stdout.rows || 24,
    print: (line) => stay(stdout, line),
    warn: (line) => stay(stderr, line),
    draw: (lines) => {
      if (!live) return;
      if (lines.length === 0) update?.clear();
      shown = lines;
      redraw();
    },
    end: () => {
      if (shown.length > 0) update?.clear();
      shown = [];
      update?.done();
    },
  };
}
