import type { JobState } from '@whisul-rx/core';
import { filter, lastValueFrom, map, tap, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';

const odd = 'a\u0000b \ud800 \udc00 "\\u0000" __proto__ \u001b 🎵';

describe.each(backends)('on $name', ({ start }) => {
  it('a prompt and a key of any characters are those that were given', async () => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url);
    const engine = cluster.engine();
    const whenSubmitted = tap<JobState>(({ status }) => {
      if (status === 'submitted') cluster.finishJobs();
    });
    const states = await lastValueFrom(engine.generate$(odd).pipe(whenSubmitted, toArray()));
    expect(states.map(({ prompt }) => prompt)).toEqual(states.map(() => odd));
    expect(states.at(-1)?.status).toBe('completed');
    const late = cluster.engine({ worker: false });
    expect((await lastValueFrom(late.job$(states[0]?.job_id ?? ''))).prompt).toBe(odd);

    const album = [{ key: odd, prompt: odd }];
    const batch$ = engine.batch$(album, { name: odd }).pipe(
      filter((event) => event.type === 'state'),
      map(({ key, job }) => [key, job.prompt, job.status]),
      tap(() => {
        cluster.finishJobs();
      }),
    );
    expect(await lastValueFrom(batch$)).toEqual([odd, odd, 'completed']);
    // Run again, it is known.
    expect(await lastValueFrom(batch$)).toEqual([odd, odd, 'completed']);
    expect(cluster.posts()).toBe(2);
  });
});
