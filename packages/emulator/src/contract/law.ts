import type { JobState } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import { createEmulator, type Emulator } from '../create-emulator.js';
import type { RequestLog } from '../api/request-log.js';
import { createEventually, type Eventually } from './eventually.js';
import { watch, type Watch } from './watch.js';

/** The place where a law is tried: an adapter in front of an emulator whose clock stands still until a law moves it. */
export interface Stage<Subject> {
  readonly subject: Subject;
  readonly emulator: Emulator;
  /** Starts a job past the adapter and gives its id. It runs until {@link finishJobs}. */
  readonly startJob: (prompt?: string) => Promise<string>;
  /** Every job that was started is finished from now on. */
  readonly finishJobs: () => void;
  /** Subscribes and remembers. */
  readonly watch: <T extends JobState>(stream$: Observable<T>) => Watch<T>;
  /** The most polls that the pace the suite asks for allows in that time (ms); slower is always allowed. */
  readonly mostPolls: (elapsed: number) => number;
  /** Waits for something that must happen. */
  readonly eventually: Eventually;
  /** Waits for the same, but not so long that a request timeout could bring it about. */
  readonly soon: Eventually;
  /** The polls of a job so far. */
  readonly polls: (id: string) => RequestLog[];
  /** The submits of a prompt so far; of all prompts without one. */
  readonly submits: (prompt?: string) => RequestLog[];
}

/** Ms after which the adapters of the suite give up on an answer, as its documentation asks. */
export const requestTimeout = 5_000;

/** One law, as data: a test can hold it against a source that breaks it. */
export interface Law<Subject> {
  readonly name: string;
  run(stage: Stage<Subject>): Promise<void>;
}

/** What a factory of the contract suites gives: the adapter, and how to get rid of it. */
export interface Adapter<Subject> {
  readonly subject: Subject;
  close(): Promise<void> | void;
}

/** Tries one law on a fresh adapter. Rejects when it is broken. Patient by default (ms), because machines are slow. */
export async function tryLaw<Subject>(
  law: Law<Subject>,
  factory: (emulator: Emulator) => Promise<Adapter<Subject>>,
  patience = 15_000,
): Promise<void> {
  const duration = 60_000;
  let time = Date.now();
  const emulator = createEmulator({ jobDuration: duration, now: () => time });
  const adapter = await factory(emulator);
  const eventually = createEventually(patience);
  try {
    await law.run({
      subject: adapter.subject,
      emulator,
      eventually,
      soon: createEventually(Math.min(patience, requestTimeout / 2)),
      // One at once, one for each of the two ends of the time, and the rest 15 ms apart.
      mostPolls: (elapsed) => 3 + elapsed / 15,
      watch: (stream$) => watch(stream$, eventually),
      async startJob(prompt = 'a song for the contract') {
        const before = emulator.jobs.size;
        await emulator.fetch('http://emulator.local/api/generate', {
          method: 'POST',
          headers: { authorization: 'Bearer contract', 'content-type': 'application/json' },
          body: JSON.stringify({ prompt }),
        });
        const [job] = [...emulator.jobs.values()].slice(before);
        if (job === undefined) throw new Error('The emulator starts a job for the suite.');
        return job.job_id;
      },
      finishJobs() {
        time += duration;
      },
      polls: (id) => emulator.requests.filter(({ method, jobId }) => method === 'GET' && jobId === id),
      submits: (prompt) =>
        emulator.requests.filter((log) => log.method === 'POST' && (prompt === undefined || log.prompt === prompt)),
    });
  } finally {
    await adapter.close();
    emulator.close();
  }
}
