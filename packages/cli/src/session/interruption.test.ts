import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommand } from './command-context.js';
import { listenForInterruption } from './interruption.js';

const exitCode = process.exitCode;

/** Signals are emitted in this very process, whose end is only noted. */
function spies() {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  return { exit, stderr: vi.spyOn(process.stderr, 'write').mockReturnValue(true) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  process.exitCode = exitCode;
});

it('a second Ctrl-C leaves at once, and tidies up before', () => {
  const { exit } = spies();
  const interruption = listenForInterruption(process);
  const tidy = vi.fn();
  interruption.onSecond(tidy);
  process.emit('SIGINT');
  expect([interruption.signal.aborted, interruption.exitCode()]).toEqual([true, 130]);
  vi.advanceTimersByTime(1_000);
  expect(() => process.emit('SIGINT')).toThrow('exit');
  expect(exit).toHaveBeenCalledWith(130);
  expect(tidy).toHaveBeenCalledOnce();
  interruption.close();
});

it('the echo of a Ctrl-C that npx hands on, and a terminal that hangs up twice, do not', () => {
  const { exit } = spies();
  const first = listenForInterruption(process);
  process.emit('SIGINT');
  vi.advanceTimersByTime(20);
  process.emit('SIGINT');
  first.close();
  const second = listenForInterruption(process);
  process.emit('SIGHUP');
  vi.advanceTimersByTime(10_000);
  process.emit('SIGHUP');
  expect(second.exitCode()).toBe(129);
  second.close();
  expect(exit).not.toHaveBeenCalled();
});

it.each([
  ['EPIPE', 0, []],
  ['EIO', 129, []],
  ['ENOSPC', 5, ['Error: The output cannot be written (no space).\n']],
])('an output that fails with %s stops the command with %i', (code, expected, said) => {
  const { stderr } = spies();
  const interruption = listenForInterruption(process);
  process.stdout.emit('error', Object.assign(new Error('no space'), { code }));
  expect([interruption.signal.aborted, interruption.exitCode()]).toEqual([true, expected]);
  expect(stderr.mock.calls.map(([text]) => text)).toEqual(said);
  interruption.close();
});

it('a command that is stopped before it has sent anything says so, and ends with the code of the signal', async () => {
  const { stderr } = spies();
  await runCommand(process, {}, ({ interruption }) => {
    process.emit('SIGTERM');
    interruption.signal.throwIfAborted();
    return Promise.resolve(0);
  });
  expect(process.exitCode).toBe(143);
  expect(stderr.mock.calls.flat()).toContain('Stopped. Nothing was sent.\n');
});
