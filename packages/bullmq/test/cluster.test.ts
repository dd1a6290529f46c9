import { type BullmqEngine } from '@whisul-rx/bullmq';
import { type BatchEvent, fixedSchedule, type JobState } from '@whisul-rx/core';
import { isNotSent } from '@whisul-rx/core/adapter';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testRedis } from './redis.js';
import { eventually } from './start-member.js';

const redis = testRedis();

/** Follows jobs and keeps their statuses. */
function watchAll(engine: BullmqEngine, ids: readonly string[]): string[][] {
  return ids.map((id) => {
    const statuses: string[] = [];
    engine.job$(id).subscribe({
      next: ({ status }) => statuses.push(status),
      error: (error: unknown) => statuses.push(String(error)),
    });
    return statuses;
  });
}

const all = (watched: readonly string[][], status: string) => () => watched.every((states) => states.includes(status));

it('J4: three engines that follow 300 jobs share one loop for each, and each sees every transition', async () => {
  const cluster = localCluster(redis.url);
  // Far enough apart that the polls of so many jobs leave the rest of this process its turn.
  const gap = 1_000;
  const schedule = fixedSchedule(gap);
  const engines = [{}, {}, { worker: false }].map((options) => cluster.engine({ schedule, ...options }));
  const ids = await cluster.startJobs(300);
  const watched = engines.flatMap((engine) => watchAll(engine, ids));
  await eventually('all are running', all(watched, 'running'), 60_000);
  const pollsOf = (id: string) => cluster.emulator.requests.filter(({ path }) => path.endsWith(id)).map(({ at }) => at);
  await eventually('they are polled again', () => cluster.emulator.requests.length >= 3 * ids.length, 60_000);
  const gaps = ids.map(pollsOf).flatMap((times) => times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gap - 5);
  cluster.finishJobs();
  await eventually('all are completed', all(watched, 'completed'), 60_000);
  expect(new Set(watched.map((statuses) => statuses.join(' ')))).toEqual(new Set(['running completed']));
  expect(cluster.mostOpen()).toBe(1);
}, 120_000);

it('J4: another process gets the latest state at once: also `submitted`', async () => {
  const cluster = localCluster(redis.url);
  const [caller, other, late] = [
    cluster.engine(),
    cluster.engine({ worker: false }),
    cluster.engine({ worker: false }),
  ];
  cluster.emulator.script({ method: 'GET', type: 'hang' });
  const states: JobState[] = [];
  const following = caller.generate$('a song').subscribe((state) => states.push(state));
  await eventually('it is submitted', () => states.length === 1);
  const id = states[0]?.job_id ?? '';
  expect((await firstValueFrom(other.job$(id))).status).toBe('submitted');
  await eventually('a poll is open', () => cluster.emulator.requests.some(({ status }) => status === 'hang'));
  expect((await firstValueFrom(late.job$(id))).status).toBe('submitted');
  following.unsubscribe();
});

it('keeps what has ended: a process that comes later gets it without a request', async () => {
  const cluster = localCluster(redis.url);
  const [id = ''] = await cluster.startJobs(1);
  cluster.finishJobs();
  await lastValueFrom(cluster.engine().job$(id));
  const asked = cluster.emulator.requests.length;
  const seen = await lastValueFrom(cluster.engine().job$(id).pipe(toArray()));
  expect(seen.map(({ status }) => status)).toEqual(['completed']);
  expect(cluster.emulator.requests.length).toBe(asked);
});

it('J10: one budget for the submits and polls of all workers, evenly spaced', async () => {
  const cluster = localCluster(redis.url);
  const engines = [1, 2].map(() => cluster.engine({ requestsPerSecond: 20 }));
  const ids = await cluster.startJobs(20);
  const before = cluster.emulator.requests.length;
  for (const engine of engines) watchAll(engine, ids);
  const made = () => cluster.emulator.requests.slice(before).map(({ at }) => at);
  await eventually('60 requests', () => made().length >= 60, 60_000);
  const [first = 0, ...rest] = made().slice(0, 60);
  // A request may be held up on its way, and the next one not.
  expect((rest.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(58 * 50);
});

it('J9: a 429 pauses all workers', async () => {
  const cluster = localCluster(redis.url);
  const engines = [1, 2].map(() => cluster.engine());
  const ids = await cluster.startJobs(20);
  const watched = engines.flatMap((engine) => watchAll(engine, ids));
  await eventually('all are running', all(watched, 'running'));
  cluster.emulator.script({ method: 'GET', type: 'status', status: 429, retryAfter: '3' });
  const refused = () => cluster.emulator.requests.findIndex(({ status }) => status === 429);
  await eventually('a poll is refused', () => refused() >= 0);
  await eventually('polling goes on', () => cluster.emulator.requests.length > refused() + 60);
  const times = cluster.emulator.requests.slice(refused()).map(({ at }) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  // Some may have been under way.
  expect(Math.max(...gaps)).toBeGreaterThan(2_000);
});

it('B5: a named batch that was cut off is taken up by another process, and each item is paid once', async () => {
  const cluster = localCluster(redis.url);
  const prompts = Array.from({ length: 8 }, (_, index) => `song number ${index}`);
  const first = cluster.engine();
  await lastValueFrom(first.batch$(prompts, { name: 'album', concurrency: 3 }).pipe(take(4), toArray()));
  await first.close();
  const second = cluster.engine();
  const events: BatchEvent[] = [];
  second.batch$(prompts, { name: 'album' }).subscribe((event) => {
    events.push(event);
    cluster.finishJobs();
  });
  const ends = () => events.filter((event) => event.type === 'problem' || event.job.status === 'completed');
  await eventually('all have ended', () => ends().length === prompts.length);
  expect(new Set(ends().map(({ key, type }) => `${key} ${type}`)).size).toBe(prompts.length);
  expect(ends().filter(({ type }) => type === 'problem')).toEqual([]);
  expect(cluster.posts()).toBe(prompts.length);
  const asked = cluster.emulator.requests.length;
  const again = await lastValueFrom(second.batch$(prompts, { name: 'album' }).pipe(toArray()));
  expect(again.map((event) => event.type === 'state' && event.job.status)).toEqual(prompts.map(() => 'completed'));
  expect(cluster.emulator.requests.length).toBe(asked);
});

it('B5: two processes that run the same batch at the same time pay for each item once', async () => {
  const cluster = localCluster(redis.url);
  const prompts = Array.from({ length: 10 }, (_, index) => `song number ${index}`);
  const runs = [1, 2].map(() => {
    const events: BatchEvent[] = [];
    cluster
      .engine()
      .batch$(prompts, { name: 'twice' })
      .subscribe((event) => {
        events.push(event);
        cluster.finishJobs();
      });
    return events;
  });
  const ends = (events: BatchEvent[]) =>
    events.filter((event) => event.type === 'problem' || event.job.status === 'completed');
  await eventually('both have ended', () => runs.every((events) => ends(events).length === prompts.length));
  expect(runs.flatMap(ends).filter(({ type }) => type === 'problem')).toEqual([]);
  expect(cluster.posts()).toBe(prompts.length);
});

it('G4: a submit that no worker has begun is taken back when its subscriber leaves', async () => {
  const cluster = localCluster(redis.url);
  const caller = cluster.engine({ worker: false });
  const song$ = caller.generate$('never sent');
  song$.subscribe().unsubscribe();
  await eventually('it is taken back', () => isNotSent(song$));
  const sent = caller.generate$('sent').subscribe();
  cluster.engine();
  await eventually('the other one is sent', () => cluster.posts() > 0);
  expect(cluster.emulator.requests.flatMap(({ method, prompt }) => (method === 'POST' ? [prompt] : []))).toEqual([
    'sent',
  ]);
  sent.unsubscribe();
});
