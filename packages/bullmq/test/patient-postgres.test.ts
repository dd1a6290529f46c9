import { PostgresQueueBackend } from 'bullmq';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testPostgres } from './postgres.js';

const postgres = testPostgres();

const { moveToCompleted } = PostgresQueueBackend.prototype;
/** The connection is lost once, before the server gets to know of it, or after it has done it. */
let losing: 'before' | 'after' | undefined;
Reflect.set(
  PostgresQueueBackend.prototype,
  'moveToCompleted',
  async function (this: PostgresQueueBackend, ...record: Parameters<typeof moveToCompleted>): Promise<unknown> {
    const when = losing;
    losing = undefined;
    const done = when === 'before' ? undefined : await moveToCompleted.apply(this, record);
    if (when !== undefined) throw new Error('Connection terminated unexpectedly');
    return done;
  },
);

it.for(['before', 'after'] as const)(
  'a connection that is lost %s a record is finished costs no song its receipt and no job its result',
  async (when) => {
    const cluster = localCluster(postgres.url);
    const web = cluster.engine({ worker: false });
    cluster.engine();
    losing = when;
    const { job_id } = await firstValueFrom(web.generate$('a song'));
    expect(losing).toBe(undefined);
    losing = when;
    cluster.finishJobs();
    const states = await lastValueFrom(web.job$(job_id).pipe(toArray()));
    expect([states.at(-1)?.status, losing, cluster.posts()]).toEqual(['completed', undefined, 1]);
  },
);
