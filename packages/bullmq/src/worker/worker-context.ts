import type { Job as QueueJob } from 'bullmq';
import type { Observable } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import { patiently } from '../cluster/patiently.js';
import type { EngineSettings } from '../engine-options.js';
import type { Followers } from '../jobs/followers.js';
import type { OpenPolls } from './open-polls.js';
import type { SeenDurations } from './seen-durations.js';

/** What all work of one worker shares. */
export interface WorkerContext {
  readonly settings: EngineSettings;
  readonly cluster: Cluster;
  readonly followers: Followers;
  readonly durations: SeenDurations;
  readonly openPolls: OpenPolls;
  isClosing(): boolean;
  /** Emits when the worker closes; late subscribers get it too. */
  readonly closing$: Observable<'closing'>;
}

/** A record that this worker holds. */
export interface Holding {
  readonly record: QueueJob<unknown, unknown>;
  readonly token: string;
}

/** How long a record waits that this process cannot work on any more, in ms. */
export const handBackDelay = 1_000;
/** How long a worker that is dead keeps a record, in ms; see also the worker's `stalledInterval`. */
export const lockDuration = 5_000;

/** Throws where another worker has taken the record over meanwhile: what is written is up to that one. */
export async function assertHeld({ record, token }: Holding): Promise<void> {
  const isHeld = await patiently(() => record.extendLock(token, lockDuration));
  if (!isHeld) throw new Error('Another worker has taken this record over.');
}

const soundGap = 10_000;
/** Some thirty years, in ms. */
const longest = 1e12;

/** A wait as the servers can keep it: Postgres takes whole numbers, and neither takes Infinity. */
export function wholeMs(ms: number): number {
  return Math.min(Math.ceil(ms), longest);
}

/** Ms until the next poll; a schedule that gives none must not make a hot loop. */
export function gapOf({ settings, durations }: WorkerContext, polls: number, elapsed: number): number {
  try {
    const gap = settings.schedule({ polls, elapsed, durations });
    return gap >= 0 ? wholeMs(gap) : soundGap;
  } catch {
    return soundGap;
  }
}
