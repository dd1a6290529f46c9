import { createApi } from './api/api-routes.js';
import { applyFault } from './faults/apply-fault.js';
import { readOptions, type EmulatorOptions } from './api/emulator-options.js';
import { connectionError } from './api/connection-error.js';
import { planJob, type EmulatedJob, type MutableJob } from './api/emulated-job.js';
import type { Fault } from './faults/fault.js';
import { createFaultScript } from './faults/fault-script.js';
import { followRedirect } from './api/follow-redirect.js';
import { createMediaLibrary } from './media/media-library.js';
import { createPauses } from './faults/pauses.js';
import { logRequest, type MutableLog, type RequestLog } from './api/request-log.js';

/** The Whisul API in this process. */
export interface Emulator {
  /**
   * Answers as the API at `http://emulator.local/api` would (any other origin does as well); a drop-in for the
   * platform's `fetch`, redirects included (`url` and `redirected` tell of them; a `clone()` does not). Rejects only
   * where that would: when a fault breaks the connection (`cause.code` is `ECONNRESET`), when the request's signal
   * aborts (with its reason), for a redirect that cannot or must not be followed, and after {@link Emulator.close}
   * (`ECONNREFUSED`).
   */
  readonly fetch: typeof globalThis.fetch;
  /** Adds a fault; faults hit in the order in which they were scripted. Throws `RangeError` for one that cannot work. */
  script(fault: Fault): void;
  /** Every request so far, oldest first. Entries are live: `status` is `'pending'` until the answer is given. */
  readonly requests: readonly RequestLog[];
  /** Every job that was accepted, by id, oldest first. */
  readonly jobs: ReadonlyMap<string, EmulatedJob>;
  /** Breaks off every answer that is held back, and refuses all later requests. The log stays readable. */
  close(): void;
}

/**
 * The documented Whisul API without a network, a key or a bill: jobs that finish by the clock, songs that play,
 * covers that show, faults as scripted. The same seed and requests give the same answers.
 * Nothing runs in the background.
 *
 * @throws WhisulError `invalid_request` that names an option that cannot work or does not exist
 * @example
 * ```ts
 * import { createEmulator } from '@whisul-rx/emulator';
 * import { createWhisul, song } from '@whisul-rx/core';
 *
 * const emulator = createEmulator({ jobDuration: 2_000 });
 * const whisul = createWhisul({
 *   apiKey: 'any',
 *   baseUrl: 'http://emulator.local/api',
 *   fetch: emulator.fetch,
 * });
 * const song$ = whisul.generate$('a relaxing lo-fi beat').pipe(song());
 * song$.subscribe(({ title }) => console.log(title));
 * ```
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { apiKey, seed, now, ...fate } = readOptions(options);
  const requests: MutableLog[] = [];
  const jobs = new Map<string, MutableJob>();
  const jobsOfPrompt = new Map<string, number>();
  const faults = createFaultScript();
  const pauses = createPauses();
  const originals = new WeakMap<Request, unknown>();
  let closed = false;

  const accepts = (authorization: string | null) => {
    const [, key] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    return apiKey === undefined ? key !== undefined : key === apiKey;
  };
  const createJob = (prompt: string) => {
    const repeat = jobsOfPrompt.get(prompt) ?? 0;
    jobsOfPrompt.set(prompt, repeat + 1);
    const job = planJob({ seed, ...fate }, { prompt, repeat, index: jobs.size, now: now() });
    jobs.set(job.job_id, job);
    return job;
  };
  const api = createApi({ seed, jobs, media: createMediaLibrary(seed), now, createJob });

  const answer = async (log: MutableLog, request: Request): Promise<Response> => {
    const { signal } = request;
    const job = () => jobs.get(log.jobId ?? '');
    let work: Promise<Response> | undefined;
    const answerOnce = () => (work ??= Promise.resolve(api.fetch(request, { log })));
    const fault = faults.take(log, job());
    const response = await (fault
      ? applyFault(fault, { log, request, pauses, answer: answerOnce, job, now })
      : answerOnce());
    signal.throwIfAborted();
    if (log.status === 'pending') log.status = response.status;
    return response;
  };

  const respond = async (request: Request, hops: number): Promise<Response> => {
    if (closed) throw connectionError('ECONNREFUSED', 'The emulator is closed.');
    request.signal.throwIfAborted();
    const log = await logRequest(request, { at: now(), accepts });
    requests.push(log);
    const response = await answer(log, request).catch((error: unknown) => {
      if (request.signal.aborted) log.status = 'aborted';
      else if (log.status === 'pending') log.status = 'reset';
      throw error;
    });
    const next = followRedirect(request, response, log.body);
    if (next && hops >= 20) throw new TypeError('fetch failed', { cause: new Error('redirect count exceeded') });
    if (next) return respond(next, hops + 1);
    // A response that was made, and not fetched, has neither.
    const url = { value: request.url.replace(/#.*/, '') };
    return Object.defineProperties(response, { url, redirected: { value: hops > 0 } });
  };

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      // A copy hears of an abort only while the request it was made from is alive.
      originals.set(request, input);
      return respond(request, 0);
    },
    script: (fault) => faults.add(fault),
    requests,
    jobs,
    close() {
      closed = true;
      pauses.close(connectionError('ECONNRESET', 'The emulator was closed.'));
    },
  };
}
