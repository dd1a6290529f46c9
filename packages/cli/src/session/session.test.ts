import { WhisulError } from '@whisul-rx/core';
import { describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { exitCodeOf, exitCodeOfAll } from './exit-code.js';
import { quoteCommand } from './quote-command.js';
import { share, timeRange, wholeNumber } from './read-number.js';

describe('exit codes', () => {
  it('are those of the guide', () => {
    const guide = readFileSync(new URL('../../../../docs/guides/command-line.md', import.meta.url), 'utf8');
    const rows = [...guide.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm)];
    const known = new Map(rows.map(([, code, name]) => [name, Number(code)]));
    expect(known.size).toBe(18);
    for (const [name, code] of known) {
      // The table's names are those of the errors, or this is NaN.
      const error = Reflect.construct(WhisulError, [name, '']);
      expect([name, exitCodeOf(error)]).toEqual([name, code]);
    }
  });

  it('stand for one kind of failure, or for several', () => {
    expect(exitCodeOfAll([])).toBe(0);
    expect(exitCodeOfAll(['job_failed', 'job_failed'])).toBe(20);
    expect(exitCodeOfAll(['job_failed', 'network'])).toBe(3);
    expect(exitCodeOf(new Error('a bug'))).toBe(1);
  });
});

describe('what is read from the command line', () => {
  it.each([
    ['500', [500, 500]],
    ['2s', [2_000, 2_000]],
    ['1.5s', [1_500, 1_500]],
    ['6s-12s', [6_000, 12_000]],
    ['500ms-1m', [500, 60_000]],
  ])('the time %s', (text, range) => {
    expect(timeRange(text)).toEqual(range);
  });

  it.each(['', '-1', '2s-1s', '1h', '1-2-3', 'NaN'])('not the time %j', (text) => {
    expect(() => timeRange(text)).toThrow(/Give a time/);
  });

  it('whole numbers and shares', () => {
    expect([wholeNumber(1)('8'), share('0.25')]).toEqual([8, 0.25]);
    for (const text of ['0', '-1', '1.5', '', '0x1', '1e3']) expect(() => wholeNumber(1)(text)).toThrow(/whole number/);
    for (const text of ['1.1', '-0.1', '', 'a', '.']) expect(() => share(text)).toThrow(/from 0 to 1/);
  });
});

it('a command is quoted so that a shell reads the same words', () => {
  expect(quoteCommand(['whisul-rx', 'generate', "rock'n'roll $HOME", 'a/b.txt', ''])).toBe(
    `whisul-rx generate 'rock'\\''n'\\''roll $HOME' a/b.txt ''`,
  );
});

it('a command that has control characters is quoted so that it cannot move the cursor', () => {
  const word = "it's\u001b[2J\u009b\u202e\\\n👩‍🎤";
  const quoted = quoteCommand(['printf', '%s', word]);
  expect(quoted).toBe(String.raw`printf %s $'it\'s\x1b[2J\xc2\x9b\xe2\x80\xae\\\x0a👩‍🎤'`);
  expect(spawnSync('bash', ['-c', quoted], { encoding: 'utf8' }).stdout).toBe(word);
});
