import { type RetryPolicy } from '@whisul-rx/core';
import {
  badOption,
  functionOption,
  numberOption,
  objectOption,
  resolveRetryPolicy,
  schedulerOption,
} from '@whisul-rx/core/adapter';
import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** Where a job gateway is and how to talk to it. */
export interface SseSourceOptions {
  /** The URL of the gateway's base path, such as `https://app.example/jobs`; in a browser it may be relative. */
  url: string | URL;
  /** Takes the place of the platform's `fetch`. Its answers must have a body that is a web stream. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Headers of every request. A function is asked anew at each connect, so that tokens can be refreshed. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /** As in `fetch`: whether cookies go along. */
  credentials?: RequestCredentials | undefined;
  /**
   * Whether jobs share connections. Without it every job has its own: a browser allows six to an HTTP/1 origin.
   * @defaultValue true
   */
  multiplex?: boolean | undefined;
  /** Jobs on one connection. @defaultValue 50 */
  jobsPerStream?: number | undefined;
  /** How a lost connection is opened again. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Ms without a byte after which a connection counts as dead, until the gateway announces its heartbeat. @defaultValue 25_000 */
  silence?: number | undefined;
  /** The RxJS scheduler of every wait. @defaultValue asyncScheduler */
  scheduler?: SchedulerLike | undefined;
  /** Numbers from 0 to 1 that spread reconnects. @defaultValue Math.random */
  random?: (() => number) | undefined;
}

/** The options, checked and complete. */
export interface Gateway {
  readonly url: URL;
  readonly options: SseSourceOptions;
  readonly jobsPerStream: number;
  readonly silence: number;
  readonly policy: RetryPolicy;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  /** No request before this moment (ms of the scheduler's clock): the gateway said so. */
  closedUntil: number;
}

function resolveUrl(url: string | URL | undefined): URL {
  const page = 'location' in globalThis ? globalThis.location.href : undefined;
  const resolved = url !== undefined && URL.canParse(String(url), page) ? new URL(String(url), page) : undefined;
  // fetch refuses credentials in a URL; its error would look like a network that is down.
  if (resolved === undefined || !/^https?:$/.test(resolved.protocol) || resolved.username + resolved.password !== '') {
    throw badOption('url', 'an http(s) URL without credentials, absolute outside a page');
  }
  resolved.hash = '';
  return resolved;
}

/** Checks the options. @throws WhisulError `invalid_request` that names the one that cannot be used */
export function openGateway(given: SseSourceOptions): Gateway {
  // Callers without types may give none at all.
  const options = { ...given };
  const { scheduler = asyncScheduler, headers, credentials = 'omit' } = options;
  const url = resolveUrl(options.url);
  functionOption('fetch', options.fetch);
  if (typeof headers !== 'function') objectOption('headers', headers);
  if (!/^(omit|same-origin|include)$/.test(credentials)) {
    throw badOption('credentials', 'omit, same-origin or include');
  }
  schedulerOption(scheduler);
  const jobsPerStream = numberOption('jobsPerStream', options.jobsPerStream, 50, 1);
  return {
    url,
    options,
    jobsPerStream: options.multiplex === false ? 1 : jobsPerStream,
    silence: numberOption('silence', options.silence, 25_000, 1),
    policy: resolveRetryPolicy(options.retry),
    scheduler,
    random: functionOption('random', options.random) ?? Math.random,
    closedUntil: -Infinity,
  };
}
