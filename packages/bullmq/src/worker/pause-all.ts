import { setTimeout } from 'node:timers/promises';
import type { Links } from '../cluster/open-links.js';
import { wholeMs } from './worker-context.js';

/** A limiter that lets everything pass: BullMQ looks at pauses only where there is one. */
const unlimited = { max: 1_000_000, duration: 1_000 };
/** By then what other workers have set at the same time is there, in ms. */
const lookGap = 250;

/** Lets no worker of the cluster begin anything until then, in epoch ms. Of several pauses the longest one holds. */
export async function pauseAll({ queue }: Links, until: number): Promise<void> {
  if (until <= Date.now()) return;
  const end = Date.now() + wholeMs(until - Date.now());
  if ((await queue.getGlobalRateLimit()) === null) await queue.setGlobalRateLimit(unlimited.max, unlimited.duration);
  // BullMQ lets a new pause take the place of the one that is there, also of a longer one.
  while (!(await isPaused(queue, end))) {
    await queue.rateLimit(end - Date.now());
    await setTimeout(lookGap);
  }
}

async function isPaused(queue: Links['queue'], until: number): Promise<boolean> {
  const left = await queue.getRateLimitTtl();
  return left >= until - Date.now() || until <= Date.now();
}
