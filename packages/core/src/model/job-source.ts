import type { Observable } from 'rxjs';
import type { JobState } from './job-schema.js';

/**
 * Names a job: its id, its poll path (`/jobs/{id}`), or anything that carries an id.
 * `'abc'`, `{ job_id: 'abc' }` and `'/jobs/abc'` are the same job. If the id comes from a user, pass `{ job_id }`: a string
 * that begins with `/` is read as a path.
 */
export type JobRef = string | { readonly job_id: string; readonly poll_url?: string };

/** What to generate: a prompt that is not blank. */
export type GenerateRequest = string | { readonly prompt: string };

/**
 * Anything that can follow a job: a client of the API, a browser tab behind a gateway, a cluster.
 * It gives the guarantees of `docs/reference/guarantees.md`; the suite in `@whisul-rx/emulator/contract` tests them.
 */
export interface JobSource {
  /**
   * The states of a job, one for each change of its status. Completes after `completed` or `failed`: a failed job is a
   * value, not an error. Errors with a `WhisulError` if the outcome could not be determined. Unsubscribing stops
   * watching; the job goes on.
   */
  job$(job: JobRef): Observable<JobState>;
}

/** A {@link JobSource} that can also start jobs. */
export interface JobEngine extends JobSource {
  /**
   * Submits the prompt once, however often it is subscribed. Emits `submitted`, then the same as {@link JobSource.job$}.
   * Errors with `submit_unknown` if the prompt may have been accepted and charged.
   */
  generate$(request: GenerateRequest): Observable<JobState>;
}
