import type { JobState } from '@whisul-rx/core';
import { expect, it } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testRedis } from './redis.js';
import { eventually } from './start-member.js';

const redis = testRedis();

it('J4: a late subscriber gets the latest state at once, however many jobs are followed; also after all have left', async () => {
  const cluster = localCluster(redis.url);
  const engine = cluster.engine({ schedule: () => 600_000 });
  const ids = await cluster.startJobs(1_010);
  const seen = new Set<string>();
  const follow = (id: string) => engine.job$(id).subscribe({ next: () => seen.add(id), error: () => seen.delete(id) });
  const [first = '', ...others] = ids;
  const one = follow(first);
  await eventually('the first one is known', () => seen.size === 1);
  const rest = others.map(follow);
  await eventually('all are known', () => seen.size === ids.length, 60_000);

  const latest = (): string[] => {
    const states: JobState[] = [];
    engine
      .job$(first)
      .subscribe((state) => states.push(state))
      .unsubscribe();
    return states.map(({ status }) => status);
  };
  expect(latest()).toEqual(['running']);
  one.unsubscribe();
  expect(latest()).toEqual(['running']);
  for (const subscription of rest) subscription.unsubscribe();
}, 120_000);
