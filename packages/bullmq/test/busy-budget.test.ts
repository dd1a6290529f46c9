import { firstValueFrom, merge } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';

describe.each(backends)('on $name', ({ start }) => {
  it('a new submit does not wait for polls that are more than the budget allows', async () => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url);
    const engine = cluster.engine({ requestsPerSecond: 20 });
    const ids = await cluster.startJobs(60);
    const before = cluster.posts();
    const jobs = merge(...ids.map((id) => engine.job$(id))).subscribe({ error: () => undefined });
    onTestFinished(() => {
      jobs.unsubscribe();
    });
    // Each job is due again 20 ms after its poll: there is never a moment without polls that are due.
    await expect.poll(() => cluster.emulator.requests.length, { timeout: 30_000 }).toBeGreaterThan(before + 100);
    const polls = cluster.emulator.requests.length;
    expect((await firstValueFrom(engine.generate$('a song'))).status).toBe('submitted');
    expect(cluster.emulator.requests.length - polls).toBeLessThan(120);
  });
});
