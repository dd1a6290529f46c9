import type { Observable } from 'rxjs';
import type { JobState } from './job-schema.js';

/**
 * Names a job: its id, its poll path (`/jobs/{id}`), or anything that carries an id.
 * `'abc'`, `{ job_id: 'abc' }` and `'/jobs/abc'` are the same job.
 */
export type JobRef = string | { readonly job_id: string; readonly poll_url?: string };

/** What to generate: a prompt. */
export type GenerateRequest = string | { readonly prompt: string };

/**
 * Anything that can follow a job: a client of the API, a browser tab behind a gateway, a cluster.
 * It gives the guarantees of `docs/reference/guarantees.md`; the suite in `@whisul-rx/emulator/contract` tests them.
 */
export interface JobSource {
  /** The status transitions of a job; completes after the terminal one. A failed job is a value, not an error. */
  job$(job: JobRef): Observable<JobState>;
}

/** A {@link JobSource} that can also start jobs. */
export interface JobEngine extends JobSource {
  /** Submits once, however often it is subscribed: `submitted`, then as {@link JobSource.job$}. */
  generate$(request: GenerateRequest): Observable<JobState>;
}
