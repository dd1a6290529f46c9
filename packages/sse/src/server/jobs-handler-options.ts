import { type JobEngine, type JobSource } from '@whisul-rx/core';
import { badOption, numberOption, objectOption } from '@whisul-rx/core/adapter';
import type { CorsOptions } from './cors.js';
import { normalizeBase } from './route.js';
import { readSseOptions, type SseOptions, type SseSettings } from './sse-options.js';

/** What a handler serves, and to whom. */
export interface JobsHandlerOptions extends SseOptions {
  /**
   * Who may see which jobs. It is asked once for a request, before the source is, with all ids of the request:
   * `true` for all of them, `false` for none (`403`), or those that are allowed (the others get a problem with the
   * code `unauthorized`). For a POST there are no ids and only `true` permits. When it throws, the answer is `500`.
   * Nobody waits for it once the client has left or the handler closes.
   * `'public'` lets everybody see every job whose id they know, and start jobs where `generate` is set.
   */
  authorize: ((request: Request, jobIds: string[]) => boolean | string[] | Promise<boolean | string[]>) | 'public';
  /**
   * The path of the collection.
   * @default '/jobs'
   */
  basePath?: string;
  /**
   * Whether `POST` starts jobs. Each is paid by the gateway's key.
   * @default false
   */
  generate?: boolean;
  /** Which other origins may read; none when it is left out. */
  cors?: CorsOptions;
  /**
   * Open streams and requests being answered, at most. Those above are told to come back later.
   * @default 10_000
   */
  maxConnections?: number;
  /**
   * Jobs that one request may name.
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
  readonly basePath: string;
  readonly cors: CorsOptions | undefined;
  readonly maxConnections: number;
  readonly maxJobsPerStream: number;
}

function isEngine(source: JobSource | JobEngine): source is JobEngine {
  return 'generate$' in source && typeof source.generate$ === 'function';
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
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
  if (authorize !== 'public' && typeof authorize !== 'function') {
    throw badOption('authorize', `a function that says who may see which jobs, or 'public' to show them to everybody`);
  }
  if (typeof basePath !== 'string' || !/^[\w\-.~!$&'()*+,;=:@%/]*$/.test(basePath)) {
    throw badOption('basePath', 'a path as it stands in a URL, such as /jobs');
  }
  if (typeof generate !== 'boolean') throw badOption('generate', 'true or false');
  if (generate && !isEngine(source)) throw badOption('generate', 'false for a source that cannot start jobs');
  const cors = objectOption('cors', options.cors);
  if (cors !== undefined && typeof cors.origin !== 'string' && !isStringList(cors.origin)) {
    throw badOption('cors.origin', 'an origin or a list of origins');
  }
  if (cors?.credentials === true && [cors.origin].flat().includes('*')) {
    throw badOption('cors.origin', `a list of origins when credentials are allowed; '*' would let every site in`);
  }
  return {
    source,
    engine: generate && isEngine(source) ? source : undefined,
    authorize,
    basePath: normalizeBase(basePath),
    cors,
    maxConnections: countOption('maxConnections', options.maxConnections, 10_000),
    maxJobsPerStream: countOption('maxJobsPerStream', options.maxJobsPerStream, 100, 1),
    ...readSseOptions(options),
  };
}
