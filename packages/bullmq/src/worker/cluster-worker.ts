import { type IQueueBackend, LockManager, withBackend } from 'bullmq';
import { filter, ReplaySubject, type Subscription } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import { keptEvents, type Links } from '../cluster/open-links.js';
import { packed, unpacked } from '../cluster/packed.js';
import { patiently } from '../cluster/patiently.js';
import type { EngineSettings } from '../engine-options.js';
import { type Followers, followersOf } from '../jobs/followers.js';
import { readPollData } from '../jobs/poll-record.js';
import { Echo } from './echo.js';
import { OpenPolls } from './open-polls.js';
import { pauseAll } from './pause-all.js';
import { runPoll } from './run-poll.js';
import { runSubmit } from './run-submit.js';
import { SeenDurations } from './seen-durations.js';
import { unhurried } from './unhurried.js';
import { lockDuration, type WorkerContext } from './worker-context.js';

/** How many records one worker holds at a time: a request takes a second or so, and must not keep the others waiting. */
const concurrency = 50;
/**
 * How often each worker looks for records of dead ones, in ms. BullMQ may pass over every second look. With the lock: taken
 * over within 7 s.
 */
const stalledInterval = 750;

/** Makes requests for the cluster, one for each turn of a record. */
export class ClusterWorker {
  readonly #closing$ = new ReplaySubject<'closing'>(1);
  readonly #worker: ReturnType<typeof openWorker>;
  readonly #openPolls = new OpenPolls();
  readonly #gate: Subscription;
  #isClosing = false;
  readonly #echo: Echo;

  constructor(settings: EngineSettings, cluster: Cluster, followers: Followers, links: Links) {
    const context: WorkerContext = {
      settings,
      cluster,
      followers,
      durations: new SeenDurations(),
      openPolls: this.#openPolls,
      isClosing: () => this.#isClosing,
      closing$: this.#closing$.asObservable(),
    };
    this.#worker = openWorker(context, links);
    this.#echo = new Echo((jobId) => links.queue.getBackend().publishEvent({ event: 'look', jobId }, keptEvents));
    if (cluster.server.missesEvents) {
      this.#worker.on('progress', ({ id = '' }) => {
        this.#echo.of(id);
      });
      this.#worker.on('completed', ({ id = '' }) => {
        this.#echo.of(id);
      });
    }
    // A 429 on any call of this client pauses all workers.
    this.#gate = settings.whisul.events$.pipe(filter((event) => event.type === 'paused')).subscribe(({ until }) => {
      pauseAll(links, until).catch(() => undefined);
    });
    this.#gate.add(
      cluster.events.left$.subscribe((recordId) => {
        this.#leave(followers, links, recordId).catch(() => undefined);
      }),
    );
  }

  /** Finishes the POSTs that have left, and hands everything else back. */
  async close(): Promise<void> {
    this.#gate.unsubscribe();
    this.#isClosing = true;
    this.#closing$.next('closing');
    this.#openPolls.abortAll();
    await this.#worker.close();
    await this.#echo.close();
  }

  /** Gives up the poll of a job that nobody follows any more. */
  async #leave(followers: Followers, { store }: Links, recordId: string): Promise<void> {
    const jobId = this.#openPolls.jobOf(recordId);
    if (jobId === undefined || followers.has(jobId)) return;
    if (await store.isEmpty(followersOf(jobId))) this.#openPolls.abort(recordId);
  }

  /** Gives up all at once: other workers take over what this one holds. */
  async abandon(): Promise<void> {
    // BullMQ would go on to renew the locks of what never ends now, and keep the process.
    const locks: unknown = Reflect.get(this.#worker, 'lockManager');
    if (locks instanceof LockManager) await locks.close();
    await this.#worker.disconnect();
  }
}

function openWorker(context: WorkerContext, links: Links) {
  const { cluster, settings } = context;
  const { Worker } = withBackend<IQueueBackend, unknown>(unhurried(cluster.server.backend));
  const keep = { age: settings.keepFinished };
  const worker = new Worker<unknown, unknown>(
    cluster.queueName,
    (record, token = '') =>
      patiently<unknown>(async () => {
        const run = record.name === 'submit' ? runSubmit : runPoll;
        return packed(await run(context, { record, token }));
      }),
    {
      ...cluster.queueOptions,
      concurrency,
      lockDuration,
      stalledInterval,
      runRetryDelay: 1_000,
      // It is never reset: a long job may outlive many workers.
      maxStalledCount: 1_000_000,
      removeOnComplete: keep,
      removeOnFail: keep,
    },
  );
  // BullMQ reconnects by itself; without a listener Node would end the process.
  worker.on('error', () => undefined);
  // Nobody polls a job that has ended, so what dead processes left behind may go. After an error there may be new ones.
  worker.on('completed', (record, result) => {
    if (record.name === 'poll' && isEnd(unpacked(result)))
      links.store.drop(followersOf(readPollData(record).id)).catch(() => undefined);
  });
  return worker;
}

function isEnd(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'state' in result;
}
