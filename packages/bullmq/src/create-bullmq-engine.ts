import { randomUUID } from 'node:crypto';
import { batch$, type BatchEvent, type BatchInput, type ClientEvent, type JobEngine } from '@whisul-rx/core';
import { merge, type Observable, Subject } from 'rxjs';
import { type ClusterBatchOptions, namedBatch$ } from './batch/cluster-batch.js';
import { Cluster } from './cluster/cluster.js';
import { Durability } from './durability.js';
import { type BullmqEngineOptions, resolveEngineOptions } from './engine-options.js';
import { Followers } from './jobs/followers.js';
import { JobFollowing } from './jobs/job-following.js';
import { generate$ } from './submits/generate.js';
import { SubmitDesk } from './submits/submit-desk.js';
import { Membership } from './membership.js';

/** An engine whose jobs a whole cluster follows; see {@link createBullmqEngine}. */
export interface BullmqEngine extends JobEngine {
  /**
   * Generates many songs, a few at a time: `batch$` of `@whisul-rx/core` on this engine. With a `name` the batch is
   * durable, without a journal of your own: any process that runs it again under that name goes on where it was.
   */
  batch$(requests: BatchInput, options?: ClusterBatchOptions): Observable<BatchEvent>;
  /** What this process's client and engine do, hot: the client's events, and warnings about the server. */
  readonly events$: Observable<ClientEvent>;
  /** The name of the account's queue, for dashboards and metrics of BullMQ: `whisul-api-` and a hash. Read it, and write nothing. */
  readonly queueName: string;
  /**
   * Leaves the cluster: live streams error with `closed` (a submit that is with the cluster with `submit_unknown`), POSTs
   * that have left are finished, everything else is handed back. It does not close the client.
   */
  close(): Promise<void>;
}

/**
 * Creates this process's engine of a cluster: all processes with the same server and account share one polling loop for
 * each job, one budget, and what they know. Connects in the background. If the server cannot be reached, the streams error
 * with `engine`. When nobody in any process is subscribed to a job any more, its polling stops; the job goes on.
 *
 * @throws WhisulError `invalid_request` that names a bad option
 * @example
 * ```ts
 * import { createWhisul, song } from '@whisul-rx/core';
 * import { createBullmqEngine } from '@whisul-rx/bullmq';
 *
 * const engine = createBullmqEngine({
 *   whisul: createWhisul(),
 *   connection: 'redis://localhost:6379',
 * });
 * const song$ = engine.generate$('a relaxing lo-fi hip hop beat').pipe(song());
 * song$.subscribe(({ title }) => console.log(title));
 * ```
 */
export function createBullmqEngine(options: BullmqEngineOptions): BullmqEngine {
  const settings = resolveEngineOptions(options);
  const warnings$ = new Subject<ClientEvent>();
  const warn = (message: string): void => {
    warnings$.next({ at: Date.now(), type: 'warning', message });
  };
  const cluster = new Cluster(settings.server, settings.queueName, settings.telemetry);
  const followers = new Followers(cluster);
  const following = new JobFollowing(cluster, followers, settings.jobTimeout);
  const durability = new Durability(cluster, settings.requireDurable, warn);
  const context = { desk: new SubmitDesk(cluster), following, checkDurability: () => durability.check() };
  const membership = new Membership(settings, cluster, followers, warn);
  membership.join();

  const engine: BullmqEngine = {
    job$: (ref) => following.follow$(ref),
    generate$: (request) => generate$(context, request, { id: randomUUID() }),
    batch$(requests, options = {}) {
      // The core says what is wrong with options that are no object.
      const given: unknown = options;
      if (typeof given !== 'object' || given === null) return batch$(engine, requests, options);
      const { name, ...rest } = options;
      if (name === undefined) return batch$(engine, requests, rest);
      return namedBatch$(cluster, context, requests, { ...rest, name }, settings.keepFinished);
    },
    events$: merge(settings.whisul.events$, warnings$),
    queueName: settings.queueName,
    close: () => membership.leave(),
  };
  return engine;
}
