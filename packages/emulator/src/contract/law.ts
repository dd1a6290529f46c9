import type { JobState } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import type { RequestLog } from '../api/request-log.js';
import type { Emulator } from '../create-emulator.js';
import type { Eventually } from './eventually.js';
import type { GuaranteeId } from './guarantees.js';
import type { Watch } from './watch.js';

/** The place where a law is tried: an adapter in front of an emulator whose clock stands still until a law moves it. */
export interface Stage<Subject> {
  readonly subject: Subject;
  readonly emulator: Emulator;
  /** Starts a job past the adapter and gives its id. It runs until {@link finishJobs}. */
  readonly startJob: (prompt?: string) => Promise<string>;
  /** Every job that was started is finished from now on. */
  readonly finishJobs: () => void;
  /** Subscribes and remembers. */
  readonly watch: (stream$: Observable<JobState>) => Watch;
  /** Waits for something that must happen. */
  readonly eventually: Eventually;
  /** Waits for the same, but not so long that a request timeout could bring it about. */
  readonly soon: Eventually;
  /** The polls of a job so far. */
  readonly polls: (id: string) => RequestLog[];
  /**
   * The waits (ms) between an answer for this job and the next poll that are far shorter than the pace the suite asks
   * for. They are measured at the emulator: a slow machine makes them longer, never shorter.
   */
  readonly hurriedWaits: (id: string) => number[];
  /** The submits of a prompt so far; of all prompts without one. */
  readonly submits: (prompt?: string) => RequestLog[];
  /** Breaks every connection that the adapter has open. Only for laws of adapters that declared how. */
  readonly breakConnection: () => Promise<void>;
}

/** One law, as data: a test can hold it against a source that breaks it. */
export interface Law<Subject> {
  /** The guarantees that it checks. */
  readonly guarantees: readonly [GuaranteeId, ...GuaranteeId[]];
  readonly name: string;
  run(stage: Stage<Subject>): Promise<void>;
}

/** What a factory gives: the adapter, how to get rid of it, and how to break its connections if it has any. */
export interface Adapter<Subject> {
  readonly subject: Subject;
  close(): Promise<void> | void;
  breakConnection?(): Promise<void> | void;
}
