import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Echo } from './echo.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells of a change twice, since the first time may be missed as well', async () => {
  const told: string[] = [];
  const echo = new Echo((recordId) => Promise.resolve(told.push(recordId)));
  echo.of('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual(['a', 'a']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(2);
});

it('tells one after the other, also after one that failed', async () => {
  const open = new Map<string, () => void>();
  const echo = new Echo((recordId) => new Promise((_, reject) => open.set(recordId, reject)));
  for (const recordId of ['a', 'b']) echo.of(recordId);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([...open.keys()]).toEqual(['a']);
  open.get('a')?.();
  await vi.advanceTimersByTimeAsync(0);
  expect([...open.keys()]).toEqual(['a', 'b']);
});

it('tells at once when it is closed, and nothing later', async () => {
  const told: string[] = [];
  const echo = new Echo((recordId) => Promise.resolve(told.push(recordId)));
  for (const recordId of ['a', 'b']) echo.of(recordId);
  await echo.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['a', 'b']);
});
