import { fixedSchedule, type JobState } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';
import { stallingProxy } from './stalling-proxy.js';
import { eventually } from './start-member.js';

function watch(stream$: Observable<JobState>): string[] {
  const seen: string[] = [];
  stream$.subscribe({
    next: ({ status }) => seen.push(status),
    error: (error: unknown) => seen.push(String(error)),
  });
  return seen;
}

const all = (watched: readonly string[][], status: string) => () => watched.every((seen) => seen.includes(status));

// The 20 s of both pass at the same time.
it.concurrent.for(backends)(
  '$name: a network that stalls for 20 s under a worker: another one takes over, nothing is paid twice',
  { timeout: 240_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const proxy = await stallingProxy(onTestFinished, server.url);
    const cluster = localCluster(server.url, onTestFinished);
    // If more polls are due than a busy Postgres can make, it makes those of the oldest jobs only.
    const schedule = fixedSchedule(1_000);
    const web = cluster.engine({ worker: false });
    const cut = cluster.engine({ connection: proxy.url, schedule });
    const ids = await cluster.startJobs(10);
    const watched = [web, cut].flatMap((engine) => ids.map((id) => watch(engine.job$(id))));
    await eventually('all are running', all(watched, 'running'), 60_000);
    // The cut one holds a job whose poll is open: only a worker that takes it over can poll it again.
    cluster.emulator.script({ method: 'GET', type: 'hang' });
    const held = () => cluster.emulator.requests.find(({ status }) => status === 'hang');
    await eventually('a poll is open', () => held() !== undefined);
    proxy.stall();
    const before = cluster.emulator.requests.length;
    const until = Date.now() + 20_000;
    cluster.engine({ schedule });
    const bought = watch(web.generate$('bought meanwhile'));
    await eventually('the job that was bought runs', () => bought.includes('running'), 60_000);
    const isTakenOver = () =>
      cluster.emulator.requests.slice(before).some(({ method, path }) => method === 'GET' && path === held()?.path);
    await eventually('another worker takes the job over that the cut one holds', isTakenOver, 60_000);
    await eventually('20 s are over', () => Date.now() > until, 60_000);
    proxy.resume();
    const asked = cluster.emulator.requests.length;
    await eventually('polling goes on', () => cluster.emulator.requests.length > asked + 30, 60_000);
    cluster.finishJobs();
    await eventually('all are completed', all([...watched, bought], 'completed'), 60_000);
    expect(new Set(watched.map((seen) => seen.join(' ')))).toEqual(new Set(['running completed']));
    expect(bought).toEqual(['submitted', 'running', 'completed']);
    expect(cluster.posts()).toBe(11);
    await cut.close();
  },
);
