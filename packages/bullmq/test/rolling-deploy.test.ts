import { fixedSchedule, type JobState } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';
import { eventually } from './start-member.js';

function watch(stream$: Observable<JobState>): string[] {
  const statuses: string[] = [];
  stream$.subscribe({
    next: ({ status }) => statuses.push(status),
    error: (error: unknown) => statuses.push(String(error)),
  });
  return statuses;
}

const all = (watched: readonly string[][], status: string) => () => watched.every((seen) => seen.includes(status));

it.concurrent.for(backends)(
  '$name: a rolling deploy: workers are replaced one by one under 200 jobs, nothing is lost or paid twice',
  { timeout: 240_000 },
  async ({ start }, { onTestFinished }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url, onTestFinished);
    // Where more polls are due than a server can make, Postgres makes those of the oldest jobs again and again.
    const schedule = fixedSchedule(5_000);
    const web = cluster.engine({ worker: false });
    let workers = Array.from({ length: 3 }, () => cluster.engine({ schedule }));
    const watched = (await cluster.startJobs(200)).map((id) => watch(web.job$(id)));
    const before = cluster.posts();
    // A job is made before its answer comes: a worker that is closed meanwhile must not let another one send the prompt again.
    cluster.emulator.script({ method: 'POST', times: Infinity, type: 'delay', ms: 300, after: 'accept' });
    const bought: string[][] = [];
    for (let round = 0; round < workers.length; round++) {
      for (let n = 0; n < 5; n++) bought.push(watch(web.generate$(`bought in round ${round}, number ${n}`)));
      await eventually('their POSTs are open', () => cluster.posts() - before === bought.length);
      const [oldest, ...others] = workers;
      await oldest?.close();
      workers = [...others, cluster.engine({ schedule })];
    }
    await eventually('all are running', all([...watched, ...bought], 'running'), 100_000);
    cluster.finishJobs();
    await eventually('all are completed', all([...watched, ...bought], 'completed'), 100_000);
    expect(new Set(watched.map((statuses) => statuses.join(' ')))).toEqual(new Set(['running completed']));
    expect(new Set(bought.map((statuses) => statuses.join(' ')))).toEqual(new Set(['submitted running completed']));
    expect(cluster.posts() - before).toBe(bought.length);
    expect(cluster.mostOpen()).toBe(1);
  },
);
