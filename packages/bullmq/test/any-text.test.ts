import { randomBytes } from 'node:crypto';
import { createWhisul, type JobState } from '@whisul-rx/core';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backends } from './backends.js';
import { localCluster } from './local-cluster.js';
import { eventually } from './start-member.js';
import { testServer } from './test-server.js';

// Random, since Postgres compresses what repeats itself.
const long = randomBytes(5_000).toString('hex');
const texts = ['\0', 'half a pair: \ud83c', '\udfb5', '\u0001\u001b\u0085\u2028', '🎵', '\ufdd00000', '\\u0000', long];

/** An API whose jobs have the given ids, run for one poll, and become songs whose titles, and whatever else, are their ids. */
function oddApi(ids: readonly string[]): typeof fetch {
  const polled = new Set<string>();
  return (input, init) => {
    const { pathname } = new URL(new Request(input).url);
    if (init?.method === 'POST') {
      const index = Number(/\d+/.exec(typeof init.body === 'string' ? init.body : '')?.[0]);
      return Promise.resolve(Response.json({ job_id: ids[index] }, { status: 202 }));
    }
    const job_id = decodeURIComponent(pathname.replace(/.*\/jobs\//, ''));
    const job = { job_id, prompt: job_id, status: 'running', result: null, error: null, [`field ${job_id}`]: '' };
    if (!polled.has(job_id)) {
      polled.add(job_id);
      return Promise.resolve(Response.json(job));
    }
    const result = {
      title: job_id,
      bpm: 1,
      duration: 1,
      song_url: 'https://a.b/',
      image_url: 'https://a.b/',
      tags: '',
    };
    return Promise.resolve(Response.json({ ...job, status: 'completed', result }));
  };
}

describe.each(backends)('$name', ({ start }) => {
  const server = testServer(start);

  it('takes any text as a prompt, as a key and as the name of a batch', async () => {
    const cluster = localCluster(server.url);
    const engine = cluster.engine();
    const requests = texts.map((text) => ({ prompt: `A ${text}`, key: text }));
    const names = ['\0', '\udfb5', long];
    const batches = names.map((name) => engine.batch$(requests, { name, concurrency: Infinity }));
    const [first, ...others] = batches.map((events$) => lastValueFrom(events$.pipe(toArray())));
    await eventually('all are sent', () => cluster.posts() === names.length * texts.length);
    cluster.finishJobs();
    await Promise.all(others);
    const sent = new Set(cluster.emulator.requests.flatMap(({ prompt }) => prompt ?? []));
    expect(sent).toEqual(new Set(requests.map(({ prompt }) => prompt)));
    const ends = ((await first) ?? []).flatMap((event) =>
      event.type === 'state' && event.job.status === 'completed' ? [[event.key, event.job.prompt]] : [],
    );
    expect(new Map(ends.map(([key = '', prompt = '']) => [key, prompt]))).toEqual(
      new Map(requests.map(({ key, prompt }) => [key, prompt])),
    );
    await lastValueFrom(cluster.engine().batch$(requests, { name: long }));
    expect(cluster.posts()).toBe(names.length * texts.length);
  });

  it('takes whatever the API gives as an id, and says of a job', async () => {
    const ids = [
      ...['a:b', '../x', 'a/b', '100%', '%2F', 'two words', '7', '__proto__'],
      '\0',
      '🎵',
      '\ufdd00000',
      long,
    ];
    const whisul = createWhisul({ apiKey: 'any', baseUrl: 'http://api.local/api', fetch: oddApi(ids) });
    onTestFinished(() => {
      whisul.close();
    });
    const cluster = localCluster(server.url);
    cluster.engine({ whisul });
    const web = cluster.engine({ whisul, worker: false });
    const ends = await Promise.all(ids.map((_, index) => lastValueFrom(web.generate$(`song ${index}`))));
    // From the record, in a process that has seen no event of it.
    const late = cluster.engine({ whisul, worker: false });
    const found = await Promise.all(ids.map((id) => lastValueFrom(late.job$(id))));
    const told = (job: JobState) => [job.job_id, job.status === 'completed' && job.result.title];
    expect(ends.map(told)).toEqual(ids.map((id) => [id, id]));
    expect(found.map(told)).toEqual(ids.map((id) => [id, id]));
    expect(found.map((job) => Object.keys(job).at(-1))).toEqual(ids.map((id) => `field ${id}`));
  });
});
