import { PostgresQueueBackend } from 'bullmq';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testPostgres } from './postgres.js';

const postgres = testPostgres();

const { moveToCompleted } = PostgresQueueBackend.prototype;
const lost = new Error('Connection terminated unexpectedly');
const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' });
/** What happens once, before the server gets to know of a finished record, or after it has done it. */
let trouble: { readonly when: 'before' | 'after'; readonly error: Error } | undefined;
Reflect.set(
  PostgresQueueBackend.prototype,
  'moveToCompleted',
  async function (this: PostgresQueueBackend, ...record: Parameters<typeof moveToCompleted>): Promise<unknown> {
    const now = trouble;
    trouble = undefined;
    const done = now?.when === 'before' ? undefined : await moveToCompleted.apply(this, record);
    if (now !== undefined) throw now.error;
    return done;
  },
);

it.for([
  { when: 'before', error: lost },
  { when: 'after', error: lost },
  { when: 'before', error: deadlock },
] as const)(
  '"$error.message" $when a record is finished costs no song its receipt and no job its result',
  async (once) => {
    const cluster = localCluster(postgres.url);
    const web = cluster.engine({ worker: false });
    cluster.engine();
    trouble = once;
    const { job_id } = await firstValueFrom(web.generate$('a song'));
    expect(trouble).toBe(undefined);
    trouble = once;
    cluster.finishJobs();
    const states = await lastValueFrom(web.job$(job_id).pipe(toArray()));
    expect([states.at(-1)?.status, trouble, cluster.posts()]).toEqual(['completed', undefined, 1]);
  },
);
