import {
  isTerminal,
  isWhisulError,
  jobSchema,
  WhisulError,
  type GenerateRequest,
  type Job,
  type JobEngine,
  type JobRef,
  type JobState,
  type SubmittedJob,
} from '@whisul-rx/core';
import { codeOfStatus, isTransient, parseJobRef, parsePrompt, retryAfterMs } from '@whisul-rx/core/adapter';
import * as rx from 'rxjs';

/** Ms from one poll to the next. */
const pace = 15;
const headers = { authorization: 'Bearer tiny', 'content-type': 'application/json' };
/** The smallest engine that obeys the contract: no budget, no memory limit, no deadline. For the contract's own tests. */
export function createTinyEngine(baseUrl: string, fetch: typeof globalThis.fetch = globalThis.fetch): JobEngine {
  const followed = new Map<string, rx.Observable<JobState>>();
  const latest = new Map<string, JobState>();
  const notBefore = new Map<string, number>();
  const submitted = new Set<string>();
  /** When a 429 lets anything be asked again. */
  let gate = 0;

  const waitUntil$ = (time: number) => rx.timer(Math.max(0, time - Date.now()));
  /** The wait that an answer asks for; a 429 asks it of every call. */
  const waitOf = ({ status, headers }: Response) => {
    const retryAfter = retryAfterMs(headers, Date.now());
    if (status === 429) gate = Math.max(gate, Date.now() + (retryAfter ?? 1));
    return retryAfter;
  };

  async function poll(id: string, signal: AbortSignal): Promise<Job> {
    const url = `${baseUrl}/jobs/${encodeURIComponent(id)}`;
    const response = await fetch(url, { headers, signal, redirect: 'manual' }).catch((cause: unknown) => {
      throw new WhisulError('network', 'The connection broke.', { jobId: id, cause });
    });
    if (response.status !== 200) {
      const { status } = response;
      const retryAfter = waitOf(response);
      // No minute is counted here: no test is that long.
      const code = status === 404 && submitted.has(id) ? 'server_error' : codeOfStatus(status);
      throw new WhisulError(code, `Status ${status}.`, { jobId: id, status, retryAfter });
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
    await rx.firstValueFrom(waitUntil$(gate));
    const signal = AbortSignal.timeout(5_000);
    const init = { method: 'POST', headers, body, redirect: 'manual', signal } as const;
    const response = await fetch(`${baseUrl}/generate`, init).catch(unknown);
    const { status } = response;
    if (status === 429) {
      waitOf(response);
      return submit(prompt);
    }
    if (status >= 400 && status < 500 && status !== 408) throw new WhisulError(codeOfStatus(status), 'No.', { prompt });
    const answer: unknown = response.ok ? await response.json().catch(unknown) : undefined;
    if (typeof answer !== 'object' || answer === null || !('job_id' in answer) || typeof answer.job_id !== 'string') {
      return unknown(answer);
    }
    const job_id = answer.job_id;
    const poll_url = `/jobs/${job_id}`;
    const job: SubmittedJob = { status: 'submitted', job_id, prompt, poll_url, submitted_at: new Date().toISOString() };
    submitted.add(job_id);
    latest.set(job_id, job);
    notBefore.set(job_id, Date.now() + pace);
    return job;
  }

  function follow(id: string): rx.Observable<JobState> {
    const ready$ = rx.defer(() => waitUntil$(Math.max(gate, notBefore.get(id) ?? 0)));
    return rx
      .defer(() => {
        let lastState = latest.get(id);
        return ready$.pipe(
          rx.switchMap(() => {
            const abort = new AbortController();
            notBefore.set(id, Date.now() + pace);
            const answered = () => void notBefore.set(id, Date.now() + pace);
            return rx.from(poll(id, abort.signal)).pipe(
              rx.tap({ next: answered, error: answered }),
              rx.finalize(() => abort.abort()),
            );
          }),
          rx.repeat({ delay: pace }),
          rx.retry({
            count: 9,
            resetOnSuccess: true,
            delay: (error: unknown) =>
              isTransient(error) && isWhisulError(error) ? rx.timer(error.retryAfter ?? 2) : rx.throwError(() => error),
          }),
          (polled$) => (lastState === undefined ? polled$ : polled$.pipe(rx.startWith<JobState>(lastState))),
          rx.distinctUntilKeyChanged('status'),
          rx.tap((job) => {
            lastState = job;
            latest.set(id, job);
          }),
          rx.takeWhile((job) => !isTerminal(job), true),
          rx.catchError((error: unknown) => {
            const { code, message } = isWhisulError(error) ? error : new WhisulError('engine', String(error));
            return rx.throwError(() => new WhisulError(code, message, { jobId: id, lastState }));
          }),
        );
      })
      .pipe(rx.share({ connector: () => new rx.ReplaySubject(1), resetOnComplete: false }));
  }

  function job$(ref: JobRef): rx.Observable<JobState> {
    return rx.defer(() => {
      const { id } = parseJobRef(ref);
      const job = followed.get(id) ?? follow(id);
      followed.set(id, job);
      return job;
    });
  }

  function generate$(request: GenerateRequest): rx.Observable<JobState> {
    const receipt$ = rx
      .defer(() => submit(parsePrompt(request)))
      .pipe(
        rx.share({
          connector: () => new rx.ReplaySubject<SubmittedJob>(1),
          resetOnComplete: false,
          resetOnError: false,
          resetOnRefCountZero: false,
        }),
      );
    return receipt$.pipe(
      rx.switchMap((job) => job$(job).pipe(rx.startWith<JobState>(job), rx.distinctUntilKeyChanged('status'))),
    );
  }

  return { job$, generate$ };
}
