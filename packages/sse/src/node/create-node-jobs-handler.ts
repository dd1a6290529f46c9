import type { Http2Session } from 'node:http2';
import type { JobEngine, JobSource } from '@whisul-rx/core';
import { fromEvent, takeUntil } from 'rxjs';
import { closeOn } from '../server/create-jobs-handler.js';
import { readHandlerOptions, type JobsHandlerOptions } from '../server/gateway/jobs-handler-options.js';
import { JobsGateway } from '../server/gateway/jobs-gateway.js';
import { closeSession } from './close-session.js';
import type { NodeRequest, NodeResponse } from './node-exchange.js';
import { nodeRequest } from './node-request.js';
import { writeAnswer } from './write-answer.js';

/** Answers the requests of one collection of jobs on a Node server. */
export interface NodeJobsHandler {
  (req: NodeRequest, res: NodeResponse): void;
  /**
   * Ends all streams at once, and refuses new requests. Clients are told to connect again in 1 to 5 s. Resolves when all
   * streams have ended, in less than a second, and the submits that had begun are answered. Close the client after that,
   * not before. Connections that stall or would stay idle are ended, so that `server.close()` finishes. An HTTP/2
   * connection is ended as a whole, with whatever else is open on it; if the other side is gone, that takes about 4 s.
   */
  close(): Promise<void>;
}

/**
 * As `createJobsHandler` of `@whisul-rx/sse/server`, for the requests and responses of `node:http`, `node:http2`,
 * Express, and the raw ones of Fastify and Koa. Each event is made once, and the same bytes are written to
 * all responses.
 *
 * @param engine - where the states come from; starting jobs (`generate: true`) needs one with `generate$`
 * @throws WhisulError `invalid_request` for an option that cannot be used, also if `authorize` is missing
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createWhisul } from '@whisul-rx/core';
 * import { createNodeJobsHandler } from '@whisul-rx/sse/node';
 *
 * const ownJobs = new Map([['session=tea-time', new Set(['81fa5ff7'])]]); // your database knows
 * const jobs = createNodeJobsHandler(createWhisul(), {
 *   authorize: (request, jobIds) => {
 *     const own = ownJobs.get(request.headers.get('cookie') ?? '');
 *     return own !== undefined && jobIds.filter((id) => own.has(id));
 *   },
 * });
 * const server = createServer(jobs).listen(8080);
 * process.once('SIGTERM', () => {
 *   server.close();
 *   void jobs.close();
 * });
 * ```
 */
export function createNodeJobsHandler(engine: JobSource | JobEngine, options: JobsHandlerOptions): NodeJobsHandler {
  const settings = readHandlerOptions(engine, options);
  const gateway = new JobsGateway(settings);
  const close = (): Promise<void> => gateway.close();
  closeOn(settings.signal, gateway);
  const sessions = new WeakSet<Http2Session>();
  // One that is idle when the server goes away has no answer that could take it along.
  const see = (session: Http2Session | undefined): void => {
    if (session === undefined || sessions.has(session)) return;
    sessions.add(session);
    gateway.closing$.pipe(takeUntil(fromEvent(session, 'close'))).subscribe(() => {
      closeSession(session);
    });
  };
  const respond = async (req: NodeRequest, res: NodeResponse): Promise<void> => {
    if ('stream' in res) see(res.stream.session);
    const request = nodeRequest(req, res);
    const answer = await gateway.answer(request);
    request.done();
    writeAnswer(answer, req, res, gateway.isClosing());
  };
  const handle = (req: NodeRequest, res: NodeResponse): void => {
    respond(req, res).catch((error: unknown) => {
      res.destroy(error instanceof Error ? error : undefined);
    });
  };
  return Object.assign(handle, { close });
}
