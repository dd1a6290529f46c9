import { Observable, type Subscriber } from 'rxjs';
import type { Journal, JournalEntry } from '../src/batch/journal.js';
import type { JobState, SubmittedJob } from '../src/model/job-schema.js';
import type { JobEngine } from '../src/model/job-source.js';
import { submissions } from '../src/model/submission.js';
import { isWhisulError, WhisulError } from '../src/model/whisul-error.js';
import { completed, failed, running, submitted } from './fake-engine.js';

/** A POST that was not refused: it may have cost money. */
export interface Post {
  readonly prompt: string;
  readonly run: number;
  /** Where nothing was made of it, nobody can know that. */
  readonly id: string | undefined;
  readonly fails: boolean;
  /** The journal has had its id. */
  recorded: boolean;
  /** The user was told its id. */
  told: boolean;
  /** The user was told that it is in doubt. */
  reported: boolean;
  /** The user has had it sent again, and that was not refused. */
  replaced: boolean;
  /** The process has heard that it was accepted, and lives. */
  answered: boolean;
}

/** A process: whatever waits in it goes on when the world lets it, and never once another has taken its place. */
interface Life {
  readonly waiting: Set<() => void>;
  readonly closing: Set<() => void>;
  closed: boolean;
}

const unknown = { recorded: false, told: false, reported: false, replaced: false, answered: false };
const newLife = (): Life => ({ waiting: new Set(), closing: new Set(), closed: false });
const closedError = (): WhisulError => new WhisulError('closed', 'The client was closed.');
/** All that waits for promises only goes on; no time passes. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An API that charges, a disk, and one process after another. Whatever could go either way is drawn, from a seed. */
export class PaidWorld {
  readonly disk = new Map<string, JournalEntry>();
  readonly posts: Post[] = [];
  run = 0;
  /** Hears of every POST, and whether it is refused. */
  onPost: (prompt: string, run: number, isRefused: boolean) => void = () => undefined;
  /** How often a `put` fails. */
  diskTrouble = 0;
  /** How often the API refuses. */
  apiTrouble = 0;
  #state: number;
  #life = newLife();

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  chance(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  int(below: number): number {
    return Math.floor(this.chance() * below);
  }

  /** Lets one thing that waits go on, and all that follows from it. @returns whether there was one */
  async step(): Promise<boolean> {
    await breathe();
    const { waiting } = this.#life;
    const next = [...waiting][this.int(waiting.size)];
    if (!next) return false;
    waiting.delete(next);
    next();
    await breathe();
    return true;
  }

  crash(): void {
    for (const post of this.posts) post.answered = false;
    this.restart();
  }

  restart(): void {
    this.#life = newLife();
  }

  closeClient(): void {
    this.#life.closed = true;
    for (const each of this.#life.closing) each();
  }

  isClosed(): boolean {
    return this.#life.closed;
  }

  postOf(id: string | undefined): Post | undefined {
    return id === undefined ? undefined : this.posts.find((post) => post.id === id);
  }

  journal(): Journal {
    const { disk } = this;
    const pause = this.#pauses();
    return {
      get: async (key) => {
        await pause();
        return structuredClone(disk.get(key));
      },
      put: async (entry) => {
        const copy = structuredClone(entry);
        await pause();
        const fails = this.chance() < this.diskTrouble;
        if (!fails || this.int(2) === 0) {
          disk.set(entry.key, copy);
          const post = this.postOf(copy.job?.job_id);
          if (post) post.recorded = true;
        }
        await pause();
        if (fails) throw new Error('disk trouble');
      },
      entries: () => {
        throw new Error('a batch does not list');
      },
      close: () => Promise.resolve(),
    };
  }

  /** @param tells - whether it tells what became of a POST, as the client of this package does */
  engine(tells: boolean): JobEngine {
    const life = this.#life;
    const stream$ = <T>(work: (subscriber: Subscriber<T>) => Promise<void>): Observable<T> =>
      new Observable((subscriber) => {
        if (life.closed) subscriber.error(closedError());
        else void work(subscriber);
      });
    return {
      generate$: (request) => {
        const prompt = typeof request === 'string' ? request : request.prompt;
        const { run } = this;
        const submission: { sent: boolean; receipt: Promise<SubmittedJob> | undefined } = {
          sent: false,
          receipt: undefined,
        };
        const states$ = stream$<JobState>(async (subscriber) => {
          const post = this.#send({ prompt, run }, submission, subscriber, tells);
          const closing = (): void => {
            subscriber.error(submission.sent ? this.#doubt(tells, closedError()) : closedError());
          };
          life.closing.add(closing);
          const job = await post;
          life.closing.delete(closing);
          if (!job) return;
          subscriber.next(job);
          await this.#poll(job.job_id, subscriber);
        });
        if (tells) submissions.set(states$, submission);
        return states$;
      },
      job$: (ref) => stream$((subscriber) => this.#poll(typeof ref === 'string' ? ref : ref.job_id, subscriber)),
    };
  }

  #pauses(): () => Promise<void> {
    const { waiting } = this.#life;
    return () => new Promise((resolve) => waiting.add(resolve));
  }

  #doubt(tells: boolean, cause: Error): unknown {
    const kind = tells ? 0 : this.int(3);
    if (kind === 2) return cause instanceof WhisulError ? new WhisulError('engine', 'broke', { cause }) : cause;
    return new WhisulError(kind === 0 ? 'submit_unknown' : 'server_error', 'May have been charged.', { cause });
  }

  async #send(
    request: { prompt: string; run: number },
    submission: { sent: boolean; receipt: Promise<SubmittedJob> | undefined },
    subscriber: Subscriber<JobState>,
    tells: boolean,
  ): Promise<SubmittedJob | undefined> {
    const pause = this.#pauses();
    for (;;) {
      await pause();
      // A subscriber that leaves now withdraws it.
      if (subscriber.closed) return undefined;
      submission.sent = true;
      const answer = this.#post(request);
      const receipt = pause().then(() => {
        if (!answer.final) submission.sent = false;
        if (!answer.final) submission.receipt = undefined;
        const post = this.postOf(answer.job?.job_id);
        if (post) post.answered = true;
        if (answer.job) return answer.job;
        throw answer.error ?? this.#doubt(tells, new Error('reset'));
      });
      submission.receipt = receipt;
      try {
        return await receipt;
      } catch (error) {
        if (!isWhisulError(error, 'rate_limited')) {
          subscriber.error(error);
          return undefined;
        }
      }
    }
  }

  /** What the API makes of a prompt at the moment at which it arrives. */
  #post({ prompt, run }: { prompt: string; run: number }): { final: boolean; job?: SubmittedJob; error?: WhisulError } {
    const draw = this.chance();
    const refused = (['rate_limited', 'invalid_request', 'unauthorized'] as const)[
      Math.floor((draw * 3) / this.apiTrouble)
    ];
    this.onPost(prompt, run, refused !== undefined);
    if (refused) return { final: false, error: new WhisulError(refused, 'No.') };
    const fate = this.int(8);
    const id = fate === 0 ? undefined : `job-${this.posts.length}`;
    this.posts.push({ prompt, run, id, fails: this.int(3) === 0, ...unknown });
    return { final: true, ...(id !== undefined && fate > 1 && { job: submitted(prompt, id) }) };
  }

  async #poll(id: string, subscriber: Subscriber<JobState>): Promise<void> {
    const life = this.#life;
    const pause = this.#pauses();
    const post = this.postOf(id);
    const closing = (): void => {
      subscriber.error(new WhisulError('closed', 'The client was closed.', { jobId: id }));
    };
    life.closing.add(closing);
    for (;;) {
      await pause();
      if (subscriber.closed || !post) break;
      const draw = this.chance();
      if (draw < this.apiTrouble / 6) {
        subscriber.error(
          new WhisulError(draw < this.apiTrouble / 12 ? 'unauthorized' : 'engine', 'No.', { jobId: id }),
        );
        break;
      }
      if (draw > 0.5) {
        subscriber.next((post.fails ? failed : completed)(post.prompt, id));
        subscriber.complete();
        break;
      }
      subscriber.next(running(post.prompt, id));
    }
    life.closing.delete(closing);
  }
}
