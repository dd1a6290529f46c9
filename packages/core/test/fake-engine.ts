import { concat, defer, NEVER, type Observable, of } from 'rxjs';
import type { CompletedJob, FailedJob, Job, JobState, RunningJob, SubmittedJob } from '../src/model/job-schema.js';
import type { JobEngine } from '../src/model/job-source.js';
import { submissions } from '../src/model/submission.js';

export function submitted(prompt: string, job_id = `id-${prompt}`): SubmittedJob {
  return { status: 'submitted', job_id, prompt, poll_url: `/jobs/${job_id}`, submitted_at: '2026-01-01T00:00:00Z' };
}

export function running(prompt: string, job_id = `id-${prompt}`): RunningJob {
  return { status: 'running', job_id, prompt, result: null, error: null };
}

export function completed(prompt: string, job_id = `id-${prompt}`): CompletedJob {
  const urls = { song_url: 'https://cdn.test/a.mp3', image_url: 'https://cdn.test/a.png' };
  const result = { title: prompt, bpm: 85, duration: 183, tags: '', ...urls };
  return { status: 'completed', job_id, prompt, result, error: null };
}

export function failed(prompt: string, job_id = `id-${prompt}`): FailedJob {
  return { status: 'failed', job_id, prompt, result: null, error: 'no luck' };
}

export interface FakeEngine extends JobEngine {
  /** The prompts that were sent, in order. */
  readonly posts: string[];
  /** The ids of the jobs that were followed. */
  readonly followed: string[];
}

/** An engine of another maker: what it does with a prompt is up to the test; `nth` counts the POSTs from 1. */
export function fakeEngine(
  generate: (prompt: string, nth: number) => Observable<JobState> = (prompt) =>
    of(submitted(prompt), completed(prompt)),
  follow: (id: string) => Observable<Job> = (id) => of(completed(id.replace(/^id-/, ''), id)),
): FakeEngine {
  const posts: string[] = [];
  const followed: string[] = [];
  return {
    posts,
    followed,
    generate$: (request) =>
      defer(() => {
        const prompt = typeof request === 'string' ? request : request.prompt;
        return generate(prompt, posts.push(prompt));
      }),
    job$: (ref) =>
      defer(() => {
        const id = typeof ref === 'string' ? ref : ref.job_id;
        followed.push(id);
        return follow(id);
      }),
  };
}

/** An engine that tells what became of each POST, as the client of this package does. */
export function tellingEngine(
  receipts: (prompt: string) => Promise<SubmittedJob> | undefined,
  { sent = true, states$ }: { sent?: boolean; states$?: () => Observable<JobState> } = {},
): FakeEngine {
  const engine = fakeEngine((prompt) => {
    const receipt = receipts(prompt);
    return states$?.() ?? (receipt === undefined ? NEVER : concat(receipt, NEVER));
  });
  return {
    ...engine,
    generate$(request) {
      const generated$ = engine.generate$(request);
      const prompt = typeof request === 'string' ? request : request.prompt;
      submissions.set(generated$, {
        sent,
        get receipt() {
          return receipts(prompt);
        },
      });
      return generated$;
    },
  };
}
