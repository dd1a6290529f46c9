import { randomUUID } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { type IQueueBackend, type QueueBaseOptions, type QueueEventsListener, withBackend } from 'bullmq';
import { timer } from 'rxjs';
import { engineError } from './engine-error.js';
import type { HashStore } from './hash-store.js';
import type { RecordEvents } from './record-events.js';
import type { Server } from './server.js';
import { fromStored } from './stored-text.js';

/** Long enough for BullMQ's own trimming of the event stream, which this must not undercut. */
export const keptEvents = 10_000;
/** How long a server may take to answer the first time before it counts as unreachable, in ms. */
const connectTimeout = 10_000;
/** The same for a server that has answered before. */
const answerTimeout = 2_000;
const greetingGap = 200;

/** Where the queue of a cluster is, and how BullMQ opens it. */
export interface ClusterAddress {
  readonly server: Server;
  readonly queueName: string;
  /** The connection is the backend's. */
  readonly queueOptions: Pick<QueueBaseOptions, 'connection' | 'telemetry'>;
}

/** Events of the queue that BullMQ does not know of. */
interface OwnEvents extends QueueEventsListener {
  left: (event: { jobId: string }) => void;
  look: (event: { jobId: string }) => void;
}

type ClusterQueue = ReturnType<typeof openQueue>;

/** The open connections of a process to its cluster. */
export interface Links {
  readonly queue: ClusterQueue;
  readonly store: HashStore;
  /** Whether the server answers, soon. */
  isReachable(): Promise<boolean>;
  /** With `false` it does not say goodbye to the server. */
  close(isReachable: boolean): Promise<void>;
}

/** Connects to the server, and resolves when no event can be missed any more. Rejects with an `engine` error. */
export async function openLinks(cluster: ClusterAddress, records: RecordEvents): Promise<Links> {
  const { server, queueName } = cluster;
  const closers: ((isReachable: boolean) => Promise<unknown>)[] = [];
  const close = async (isReachable: boolean): Promise<void> => {
    await Promise.allSettled(closers.splice(0).map((closer) => closer(isReachable)));
  };
  try {
    const store = await server.openStore(queueName, connectTimeout);
    closers.push((isReachable) => store.close(isReachable));
    const queue = openQueue(cluster);
    closers.push((isReachable) => (isReachable ? queue.close() : queue.disconnect()));
    const events = new (withBackend(server.backend).QueueEvents)(queueName, { connection: {} });
    closers.push(() => events.close());
    // BullMQ reconnects by itself; without a listener Node would end the process.
    queue.on('error', () => undefined);
    events.on('error', () => undefined);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    events.on('ioredis:close', () => {
      records.tellMissed();
    });
    events.on('progress', ({ jobId, data }) => {
      records.tell(jobId, { progress: fromStored(data) });
    });
    // BullMQ's types say that the result is text; it has parsed it.
    events.on('completed', ({ jobId, returnvalue }: { jobId: string; returnvalue: unknown }) => {
      records.tell(jobId, { result: fromStored(returnvalue) });
    });
    events.on('failed', ({ jobId, failedReason }) => {
      records.tell(jobId, { failure: failedReason });
    });
    events.on<OwnEvents, 'left'>('left', ({ jobId }) => {
      records.tellLeft(jobId);
    });
    events.on<OwnEvents, 'look'>('look', ({ jobId }) => {
      records.tellLook(jobId);
    });
    await withTimeout(greet(queue, events), connectTimeout);
    return { queue, store, isReachable: () => answers(store), close };
  } catch (error) {
    await close(false);
    throw engineError(error);
  }
}

function openQueue({ server, queueName, queueOptions }: ClusterAddress) {
  const { Queue } = withBackend<IQueueBackend, unknown>(server.backend);
  return new Queue<unknown, unknown>(queueName, queueOptions);
}

/** Reading events begins at "now", whenever that is: only after an event of its own has come has it begun. */
async function greet(queue: ClusterQueue, events: EventEmitter): Promise<void> {
  const jobId = randomUUID();
  const publish = () => queue.getBackend().publishEvent({ event: 'hello', jobId }, keptEvents);
  const heard = once(events, `hello:${jobId}`);
  heard.catch(() => undefined);
  // This is the first write: a server that takes none says so here.
  await publish();
  const greetings = timer(greetingGap, greetingGap).subscribe(() => {
    publish().catch(() => undefined); // another one follows
  });
  try {
    await heard;
  } finally {
    greetings.unsubscribe();
  }
}

async function answers(store: HashStore): Promise<boolean> {
  return withTimeout(store.isEmpty('reachable'), answerTimeout).then(
    () => true,
    () => false,
  );
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms / 1000} s: ETIMEDOUT`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
