import { type JobEngine, type JobSource } from '@whisul-rx/core';
import { abort$ } from '@whisul-rx/core/adapter';
import { takeUntil } from 'rxjs';
import { readHandlerOptions, type JobsHandlerOptions } from './gateway/jobs-handler-options.js';
import { JobsGateway } from './gateway/jobs-gateway.js';
import { webRequest } from './web/web-request.js';
import { webResponse } from './web/web-response.js';

/** Answers the requests of one collection of jobs. It never rejects. */
export interface JobsHandler {
  (request: Request): Promise<Response>;
  /**
   * Ends all streams at once, and refuses new requests. Clients are told to connect again in 1 to 5 s. Resolves when all
   * streams have ended and all requests are answered, also the submits that had begun. Close the client after that, not
   * before.
   */
  close(): Promise<void>;
}

/**
 * Serves the jobs of an engine to web clients, on anything that speaks `Request` and `Response`: Hono, Next route
 * handlers, Bun, Deno, workers. `docs/reference/wire.md` has every request and answer. Each job is followed once, however
 * many people watch it. When the last one has left, the stream of the engine is unsubscribed.
 *
 * @param engine - where the states come from; starting jobs (`generate: true`) needs one with `generate$`
 * @throws WhisulError `invalid_request` for an option that cannot be used, also if `authorize` is missing
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { createJobsHandler } from '@whisul-rx/sse/server';
 *
 * const ownJobs = new Map([['Bearer tea-time', new Set(['81fa5ff7'])]]); // your database knows
 * const handler = createJobsHandler(createWhisul(), {
 *   authorize: (request, jobIds) => {
 *     const own = ownJobs.get(request.headers.get('authorization') ?? '');
 *     return own !== undefined && jobIds.filter((id) => own.has(id));
 *   },
 * });
 * const response = await handler(new Request('https://app.example/jobs/81fa5ff7'));
 * ```
 */
export function createJobsHandler(engine: JobSource | JobEngine, options: JobsHandlerOptions): JobsHandler {
  const settings = readHandlerOptions(engine, options);
  const gateway = new JobsGateway(settings);
  const close = (): Promise<void> => gateway.close();
  closeOn(settings.signal, gateway);
  const handle = async (request: Request): Promise<Response> =>
    webResponse(await gateway.answer(webRequest(request)), request);
  return Object.assign(handle, { close });
}

/** Closes a gateway when a signal aborts, or at once when it has. */
export function closeOn(signal: AbortSignal | undefined, gateway: JobsGateway): void {
  const aborted$ = abort$(signal).pipe(takeUntil(gateway.closing$));
  aborted$.subscribe(() => void gateway.close());
}
