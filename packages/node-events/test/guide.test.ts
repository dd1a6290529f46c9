import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it(
  'the program of the guide is the one that runs here, and says what the guide says',
  { timeout: 60_000 },
  async () => {
    const guide = read('../../../docs/guides/node-events.md');
    const [, program, output] = /```ts\n(import [^]*?)```\n[^]*?```text\n([^]*?)```/.exec(guide) ?? [];
    expect(program).toBe(read('./guide-program.ts'));
    const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
    await import('./guide-program.js');
    expect(`${log.mock.calls.map((words) => words.join(' ')).join('\n')}\n`).toBe(output);
  },
);
