import type { Job, JobEngine, JobRef, JobState, RunningJob, SubmittedJob, CompletedJob } from '@whisul-rx/core';
import { Observable, type Observer, ReplaySubject, Subject } from 'rxjs';

export function running(id: string, more: Record<string, unknown> = {}): RunningJob {
  return { status: 'running', job_id: id, prompt: 'a song', result: null, error: null, ...more };
}

export function completed(id: string): CompletedJob {
  const result = {
    title: 'Midnight Drizzle',
    bpm: 85,
    duration: 183,
    song_url: 'https://cdn.example/song.mp3',
    image_url: 'https://cdn.example/cover.png',
    tags: 'lo-fi',
  };
  return { status: 'completed', job_id: id, prompt: 'a song', result, error: null };
}

export function submitted(id: string): SubmittedJob {
  return {
    status: 'submitted',
    job_id: id,
    prompt: 'a song',
    poll_url: `/jobs/${id}`,
    submitted_at: '2026-02-17T15:39:34.000Z',
  };
}

/** An engine in memory: tests say what happens to a job, and ask who is subscribed. */
export class FakeEngine implements JobEngine {
  /** Every reference that was asked for, in order. */
  readonly followed: JobRef[] = [];
  readonly prompts: unknown[] = [];
  /** Subscriptions that are alive. */
  live = 0;
  /** What the next submit answers with. */
  readonly submits: Observer<JobState>;
  readonly #submits$ = new Subject<JobState>();
  readonly #jobs = new Map<string, Subject<Job>>();

  /** Tells the states of a job; later subscribers get the last of them first. */
  job(id: string): Observer<Job> {
    return this.#told(id);
  }

  constructor() {
    this.submits = this.#submits$;
  }

  job$(ref: JobRef): Observable<Job> {
    this.followed.push(ref);
    return this.#counted(this.#told(typeof ref === 'string' ? ref : ref.job_id));
  }

  generate$(request: unknown): Observable<JobState> {
    this.prompts.push(request);
    return this.#counted(this.#submits$);
  }

  #told(id: string): Observer<Job> & Observable<Job> {
    const job$ = this.#jobs.get(id) ?? new ReplaySubject<Job>(1);
    this.#jobs.set(id, job$);
    return job$;
  }

  #counted<T>(source$: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      this.live += 1;
      subscriber.add(() => {
        this.live -= 1;
      });
      return source$.subscribe(subscriber);
    });
  }
}
