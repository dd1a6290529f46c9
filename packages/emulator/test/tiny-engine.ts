import {
  isTerminal,
  isWhisulError,
  jobSchema,
  WhisulError,
  type Job,
  type JobEngine,
  type JobState,
  type SubmittedJob,
  type WhisulErrorCode,
} from '@whisul-rx/core';
import * as rx from 'rxjs';

const headers = { authorization: 'Bearer tiny', 'content-type': 'application/json' };
const passing: readonly WhisulErrorCode[] = ['network', 'server_error', 'invalid_response'];

function readRef(ref: unknown): string {
  const named = typeof ref === 'object' && ref !== null && 'job_id' in ref ? ref.job_id : ref;
  const id = typeof ref === 'string' ? ref.replace(/^\/jobs\//, '') : named;
  const valid =
    typeof id === 'string' && !['', '.', '..'].includes(id) && !id.includes('/') && !/\p{Surrogate}/u.test(id);
  if (!valid) throw new WhisulError('invalid_request', 'This names no job.');
  return id;
}

function readPrompt(request: unknown): string {
  const named = typeof request === 'object' && request !== null && 'prompt' in request ? request.prompt : request;
  if (typeof named !== 'string' || named.trim() === '') throw new WhisulError('invalid_request', 'This is no prompt.');
  return named;
}

function byStatus(status: number, unreadable: WhisulErrorCode): WhisulErrorCode {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'invalid_request' : unreadable;
}

/** The smallest engine that obeys the contract: no pacing, no memory limit, no deadline. For the contract's own tests. */
export function createTinyEngine(baseUrl: string, fetch: typeof globalThis.fetch = globalThis.fetch): JobEngine {
  const followed = new Map<string, rx.Observable<Job>>();

  async function poll(id: string, signal: AbortSignal): Promise<Job> {
    const url = `${baseUrl}/jobs/${encodeURIComponent(id)}`;
    const response = await fetch(url, { headers, signal, redirect: 'manual' }).catch((cause: unknown) => {
      throw new WhisulError('network', 'The connection broke.', { jobId: id, cause });
    });
    if (response.status !== 200) {
      throw new WhisulError(byStatus(response.status, 'invalid_response'), `Status ${response.status}.`, { jobId: id });
    }
    const answer: unknown = await response.json().catch(() => undefined);
    const job = jobSchema.safeParse(typeof answer === 'object' && answer !== null ? { ...answer, job_id: id } : answer);
    if (!job.success) throw new WhisulError('invalid_response', 'The answer cannot be read.', { jobId: id });
    return job.data;
  }

  async function submit(prompt: string): Promise<SubmittedJob> {
    const body = JSON.stringify({ prompt });
    const unknown = (cause: unknown) => {
      throw new WhisulError('submit_unknown', 'May have been accepted and charged.', { prompt, cause });
    };
    const response = await fetch(`${baseUrl}/generate`, { method: 'POST', headers, body, redirect: 'manual' }).catch(
      unknown,
    );
    if (response.status === 429) return submit(prompt);
    const code = byStatus(response.status, 'submit_unknown');
    if (response.status >= 400 && code !== 'server_error' && response.status !== 408) {
      throw new WhisulError(code, 'Refused.', { prompt });
    }
    const answer: unknown = response.ok ? await response.json().catch(unknown) : undefined;
    if (typeof answer !== 'object' || answer === null || !('job_id' in answer) || typeof answer.job_id !== 'string') {
      return unknown(answer);
    }
    const job_id = answer.job_id;
    return { status: 'submitted', job_id, prompt, poll_url: `/jobs/${job_id}`, submitted_at: new Date().toISOString() };
  }

  function follow(id: string): rx.Observable<Job> {
    return rx
      .defer(() => {
        let lastState: Job | undefined;
        return rx
          .defer(() => {
            const abort = new AbortController();
            return rx.from(poll(id, abort.signal)).pipe(rx.finalize(() => abort.abort()));
          })
          .pipe(
            rx.repeat({ delay: 5 }),
            rx.retry({
              count: 9,
              resetOnSuccess: true,
              delay: (error: unknown) =>
                isWhisulError(error) && passing.includes(error.code) ? rx.timer(2) : rx.throwError(() => error),
            }),
            rx.distinctUntilKeyChanged('status'),
            rx.tap((job) => (lastState = job)),
            rx.takeWhile((job) => !isTerminal(job), true),
            rx.catchError((error: unknown) => {
              const { code, message } = isWhisulError(error) ? error : new WhisulError('engine', String(error));
              return rx.throwError(() => new WhisulError(code, message, { jobId: id, lastState }));
            }),
          );
      })
      .pipe(rx.share({ connector: () => new rx.ReplaySubject(1), resetOnComplete: false }));
  }

  function job$(ref: unknown): rx.Observable<Job> {
    return rx.defer(() => {
      const id = readRef(ref);
      const job = followed.get(id) ?? follow(id);
      followed.set(id, job);
      return job;
    });
  }

  function generate$(request: unknown): rx.Observable<JobState> {
    let receipt: Promise<SubmittedJob> | undefined;
    return rx
      .defer(() => (receipt ??= submit(readPrompt(request))))
      .pipe(rx.switchMap((job) => job$(job).pipe(rx.startWith<JobState>(job))));
  }

  return { job$, generate$ };
}
