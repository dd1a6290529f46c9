import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';
import { eventually } from './start-member.js';
import { testServer } from './test-server.js';

describe.each(backends)('$name', ({ start }) => {
  const server = testServer(start);

  it.each([1.5, Infinity])('a job is submitted, left and ended where `keepFinished` is %d', async (keepFinished) => {
    const cluster = localCluster(server.url);
    const engine = cluster.engine({ keepFinished });
    expect((await firstValueFrom(engine.generate$('a song'))).status).toBe('submitted');
    const [id = ''] = cluster.emulator.jobs.keys();
    cluster.finishJobs();
    expect((await lastValueFrom(engine.job$(id))).status).toBe('completed');
  });

  it.each([Infinity, 1e300])('the id of a paid job is told where the schedule waits for %d ms', async (gap) => {
    const cluster = localCluster(server.url);
    const engine = cluster.engine({ schedule: () => gap });
    expect((await firstValueFrom(engine.generate$('a song'))).status).toBe('submitted');
    const [other = ''] = await cluster.startJobs(1);
    expect((await firstValueFrom(engine.job$(other))).status).toBe('running');
  });

  it('a poll that fails ends nothing where the wait of `retry` has no end', async () => {
    const cluster = localCluster(server.url);
    const engine = cluster.engine({ retry: { baseDelay: Infinity } });
    const [id = ''] = await cluster.startJobs(1);
    cluster.emulator.script({ method: 'GET', type: 'status', status: 500 });
    const seen: string[] = [];
    const following = engine.job$(id).subscribe({ error: (error: unknown) => seen.push(String(error)) });
    const polls = () => cluster.emulator.requests.filter(({ method }) => method === 'GET').length;
    await eventually('the poll fails', () => polls() === 1);
    // Another job goes through all steps meanwhile, and an error of the cluster would have come by then.
    const [other = ''] = await cluster.startJobs(1);
    cluster.finishJobs();
    await lastValueFrom(engine.job$(other));
    expect([seen, polls()]).toEqual([[], 2]);
    following.unsubscribe();
  });
});
