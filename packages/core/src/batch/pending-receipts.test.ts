import { expect, it } from 'vitest';
import { pendingReceipts } from './pending-receipts.js';

it('waits until everything that is held has settled, well or badly', async () => {
  const { hold, settle } = pendingReceipts();
  const resolvers: (() => void)[] = [];
  let reject: ((error: Error) => void) | undefined;
  hold(new Promise<void>((resolve) => resolvers.push(resolve)));
  hold(new Promise<void>((_, fail) => (reject = fail)));
  hold(Promise.resolve());
  let settled = false;
  const closing = settle().then(() => (settled = true));
  await new Promise((resolve) => setTimeout(resolve));
  for (const resolve of resolvers) resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(settled).toBe(false);
  reject?.(new Error('not written'));
  await closing;
  await settle();
});

it('waits for nothing where nothing is held', async () => {
  await pendingReceipts().settle();
});

it('holds nothing more once it settles', async () => {
  const { hold, settle } = pendingReceipts();
  await settle();
  expect(() => {
    hold(Promise.resolve());
  }).toThrow(expect.objectContaining({ code: 'journal' }));
});

it('waits no longer than it may', async () => {
  const { hold, settle } = pendingReceipts({ atMost: 1 });
  hold(new Promise(() => undefined));
  await settle();
});
