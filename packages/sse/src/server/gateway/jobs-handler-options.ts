import type { JobEngine, JobSource, SubmittedJob } from '@whisul-rx/core';
import { badOption, functionOption, numberOption, objectOption, optionNames } from '@whisul-rx/core/adapter';
import { readCorsOptions, type CorsOptions } from '../requests/cors.js';
import { normalizeBase } from '../requests/route.js';
import { readSseOptions, sseOptionNames, type SseOptions, type SseSettings } from '../feeds/sse-options.js';

/**
 * What `authorize` may answer: `true` for all jobs of the request, `false` for none, those that are allowed, or those
 * and a signal that ends the streams of this request when it aborts (at a logout, say).
 */
export type Verdict = boolean | string[] | { jobIds: string[]; until?: AbortSignal };

/** What a handler serves, and to whom. */
export interface JobsHandlerOptions extends SseOptions {
  /**
   * Who may see which jobs. It is called once for each request, before any job is looked up, with all ids of the request:
   * `true` for all of them, `false` for none (`403`), or those that are allowed (the others get a problem with the
   * code `unauthorized`). For a POST there are no ids, and only `true` permits it. If it throws, the answer is `500`. If it
   * takes longer than 10 s, the client is told to come back later.
   *
   * A stream that was permitted goes on until it ends by itself. To end it when the user logs out, return
   * `{ jobIds, until }`: when `until` aborts, the client is told to come back, and `authorize` is asked again.
   *
   * `'public'` lets everybody see every job whose id they know, and start jobs where `generate` is set. Everybody can
   * then also spend your budget: each id that is asked for, real or not, is a request to the API.
   */
  authorize: ((request: Request, jobIds: string[]) => Verdict | Promise<Verdict>) | 'public';
  /**
   * Is called with the job that a POST became, and awaited before the client gets its answer. Store here whose job it is,
   * so that `authorize` knows. It is called even if the client has left, because the job is paid for. If it throws, or
   * takes longer than 10 s, the answer is `500` with the code `submit_unknown` and the job's id: the prompt is not sent
   * again.
   */
  onSubmitted?: (request: Request, job: SubmittedJob) => void | Promise<void>;
  /**
   * The path below which jobs are served: `/jobs` serves `POST /jobs` and `GET /jobs/{id}`.
   * @default '/jobs'
   */
  basePath?: string;
  /**
   * Whether `POST` starts jobs. Each is paid by the gateway's key.
   * @default false
   */
  generate?: boolean;
  /** Pages of which other origins may use the gateway. @default none */
  cors?: CorsOptions;
  /**
   * The most open streams and requests being answered. Clients above that are told to come back later. On Node the
   * requests of one connection may hold half of them, and never more than 256.
   * @default 10_000
   */
  maxConnections?: number;
  /**
   * Names the user, or the address, that a request comes from, so that one of them cannot take all places: see
   * `maxConnectionsPerKey`. A request without a key (`undefined`) counts only for `maxConnections`. If it throws, the
   * answer is `500`.
   */
  limitKey?: (request: Request) => string | undefined;
  /**
   * The most open streams and requests being answered that have the same `limitKey`. Clients above that are told to come
   * back later. Needs `limitKey`.
   * @default 100
   */
  maxConnectionsPerKey?: number;
  /**
   * The most jobs that are being started at the same time: POSTs whose outcome is not known yet, also if their clients
   * have left. One above that is not started; it is answered with `503` and `Retry-After`.
   * @default 32
   */
  maxSubmits?: number;
  /**
   * The most jobs that one request may name.
   * @default 100
   */
  maxJobsPerStream?: number;
}

/** {@link JobsHandlerOptions}, checked and with its defaults. */
export interface GatewaySettings extends SseSettings {
  readonly source: JobSource;
  /** Present when POST is served. */
  readonly engine: JobEngine | undefined;
  readonly authorize: JobsHandlerOptions['authorize'];
  readonly onSubmitted: JobsHandlerOptions['onSubmitted'];
  readonly basePath: string;
  readonly cors: CorsOptions | undefined;
  readonly maxConnections: number;
  readonly limitKey: JobsHandlerOptions['limitKey'];
  readonly maxConnectionsPerKey: number;
  readonly maxSubmits: number;
  readonly maxJobsPerStream: number;
}

function isEngine(source: JobSource | JobEngine): source is JobEngine {
  return 'generate$' in source && typeof source.generate$ === 'function';
}

function countOption(name: string, value: unknown, fallback: number, min?: number): number {
  const count = numberOption(name, value, fallback, min);
  if (count !== Infinity && !Number.isInteger(count)) throw badOption(name, 'a whole number');
  return count;
}

/** @throws WhisulError `invalid_request` that names the option */
export function readHandlerOptions(
  source: JobSource | JobEngine,
  options: Partial<JobsHandlerOptions> = {},
): GatewaySettings {
  const unknownSource: unknown = source;
  if (typeof unknownSource !== 'object' || unknownSource === null || typeof source.job$ !== 'function') {
    throw badOption('engine', 'a job source: an object with a job$ method');
  }
  const { authorize, basePath = '/jobs', generate = false } = objectOption('options', options);
  optionNames(options, {
    ...sseOptionNames,
    authorize: 1,
    onSubmitted: 1,
    basePath: 1,
    generate: 1,
    cors: 1,
    maxConnections: 1,
    limitKey: 1,
    maxConnectionsPerKey: 1,
    maxSubmits: 1,
    maxJobsPerStream: 1,
  });
  if (authorize !== 'public' && typeof authorize !== 'function') {
    throw badOption('authorize', `a function that says who may see which jobs, or 'public' to show them to everybody`);
  }
  if (typeof basePath !== 'string' || !/^[\w\-.~!$&'()*+,;=:@%/]*$/.test(basePath)) {
    throw badOption('basePath', 'a path as it stands in a URL, such as /jobs');
  }
  if (typeof generate !== 'boolean') throw badOption('generate', 'true or false');
  if (generate && !isEngine(source)) throw badOption('generate', 'false for a source that cannot start jobs');
  const limitKey = functionOption('limitKey', options.limitKey);
  if (limitKey === undefined && options.maxConnectionsPerKey !== undefined) {
    throw badOption('maxConnectionsPerKey', 'left out unless there is a `limitKey` that tells what to count by');
  }
  return {
    source,
    engine: generate && isEngine(source) ? source : undefined,
    authorize,
    onSubmitted: functionOption('onSubmitted', options.onSubmitted),
    basePath: normalizeBase(basePath),
    cors: readCorsOptions(options.cors),
    maxConnections: countOption('maxConnections', options.maxConnections, 10_000),
    limitKey,
    maxConnectionsPerKey: countOption('maxConnectionsPerKey', options.maxConnectionsPerKey, 100, 1),
    maxSubmits: countOption('maxSubmits', options.maxSubmits, 32, 1),
    maxJobsPerStream: countOption('maxJobsPerStream', options.maxJobsPerStream, 100, 1),
    ...readSseOptions(options),
  };
}
