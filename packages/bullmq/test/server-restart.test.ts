import { setTimeout } from 'node:timers/promises';
import type { BullmqEngine } from '@whisul-rx/bullmq';
import { type BatchEvent, fixedSchedule, type JobState } from '@whisul-rx/core';
import { firstValueFrom, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { backends } from './backends.js';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { eventually } from './start-member.js';

// If more polls are due than a busy Postgres can make, it makes those of the oldest jobs only.
const schedule = fixedSchedule(1_000);

it.concurrent.for(backends)(
  '$name: a server that is killed and restarted in the middle costs time, and nothing else',
  { timeout: 300_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url, onTestFinished);
    const engines = [true, false].map((worker) => cluster.engine({ worker, schedule }));
    const statuses: string[][] = [];
    const follow = (stream$: Observable<JobState>): void => {
      const seen: string[] = [];
      statuses.push(seen);
      stream$.subscribe({
        next: ({ status }) => seen.push(status),
        error: (error: unknown) => seen.push(String(error)),
      });
    };
    const allAre = (status: string) =>
      eventually(`all are ${status}`, () => statuses.every((seen) => seen.includes(status)), 60_000).catch(
        (error: unknown) => {
          throw new Error(`The streams saw ${JSON.stringify(statuses)}.`, { cause: error });
        },
      );
    const ids = await cluster.startJobs(20);
    const before = cluster.posts();
    const inFlight = 6;
    for (const engine of engines) for (const id of ids) follow(engine.job$(id));
    await allAre('running');
    // Their answers come while the server is away.
    cluster.emulator.script({ method: 'POST', times: inFlight, type: 'delay', ms: 500, after: 'accept' });
    for (const engine of engines) {
      for (let n = 0; n < inFlight / 2; n++) follow(engine.generate$(`on its way, number ${n}`));
    }
    await eventually('they are on their way', () => cluster.posts() === before + inFlight);
    await server.kill();
    for (const engine of engines) follow(engine.generate$('bought while the server is away'));
    await setTimeout(600);
    await server.start();
    await allAre('running');
    cluster.finishJobs();
    await allAre('completed');
    expect(new Set(statuses.map((seen) => seen.join(' ')))).toEqual(
      new Set(['running completed', 'submitted running completed']),
    );
    expect(cluster.posts() - before).toBe(inFlight + 2);
  },
);

it.concurrent.for(backends)(
  '$name: a worker waits for a server that is not there yet',
  { timeout: 60_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    await server.kill();
    const cluster = localCluster(server.url, onTestFinished);
    const engine = cluster.engine();
    const { code, message } = await errorOf(engine.job$('abc'));
    expect([code, message]).toEqual(['engine', expect.stringMatching(/cannot be reached.*ECONNREFUSED/)]);
    await server.start();
    const [id = ''] = await cluster.startJobs(1);
    expect((await firstValueFrom(engine.job$(id))).status).toBe('running');
  },
);

it.concurrent.for(backends)(
  '$name: engines can be closed while their server is away, and just after it has dropped them',
  { timeout: 60_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url, onTestFinished);
    const ids = await cluster.startJobs(2);
    const follow = async (): Promise<BullmqEngine[]> => {
      const engines = [cluster.engine(), cluster.engine({ worker: false })];
      const streams = engines.flatMap((engine) => ids.map((id) => firstValueFrom(engine.job$(id))));
      await Promise.all(streams);
      return engines;
    };
    const away = await follow();
    await server.kill();
    await Promise.all(away.map((engine) => engine.close()));
    await server.start();
    const dropped = await follow();
    await server.kill();
    await server.start();
    await Promise.all(dropped.map((engine) => engine.close()));
  },
);

it.concurrent.for(backends)(
  '$name: a named batch goes on when its server is back',
  { timeout: 120_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url, onTestFinished);
    const prompts = Array.from({ length: 6 }, (_, index) => `song number ${index}`);
    const events: BatchEvent[] = [];
    let end: unknown;
    cluster
      .engine()
      .batch$(prompts, { name: 'album', concurrency: 2 })
      .subscribe({
        next: (event) => {
          events.push(event);
          cluster.finishJobs();
        },
        error: (error: unknown) => (end = error),
        complete: () => (end = 'complete'),
      });
    await eventually('it has begun', () => cluster.posts() > 0);
    await server.kill();
    await setTimeout(300);
    await server.start();
    await eventually('it ends', () => end !== undefined, 100_000);
    expect([end, cluster.posts()]).toEqual(['complete', prompts.length]);
    expect(events.filter(({ type }) => type === 'problem')).toEqual([]);
  },
);
