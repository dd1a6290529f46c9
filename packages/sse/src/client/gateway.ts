import { type RetryPolicy } from '@whisul-rx/core';
import {
  badOption,
  functionOption,
  numberOption,
  objectOption,
  optionNames,
  resolveRetryPolicy,
  schedulerOption,
} from '@whisul-rx/core/adapter';
import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** Where a gateway is, and how its streams are read. */
export interface SseSourceOptions {
  /**
   * The URL of the gateway's base path, such as `https://app.example/jobs`. In a browser it may be relative: it is
   * resolved against the page at the first request, so that the module can also be loaded on a server.
   */
  url: string | URL;
  /**
   * Sends the requests instead of the platform's `fetch`. Its answers must have a `body` that can be read piece by piece: a web
   * stream, or an async iterable of bytes like node-fetch's. Without one, `generate$` still gives the id of its job.
   */
  fetch?: typeof globalThis.fetch | undefined;
  /** Headers of every request. A function is called at each connect, so that tokens can be refreshed. */
  // By way of RequestInit: Node's types have it, and not HeadersInit.
  headers?: RequestInit['headers'] | (() => RequestInit['headers'] | Promise<RequestInit['headers']>);
  /** As in `fetch`: whether cookies are sent. @defaultValue 'omit' */
  credentials?: RequestInit['credentials'];
  /**
   * Whether jobs share connections. If not, each job has its own, and over HTTP/1 a browser opens only six to an origin.
   * @defaultValue true
   */
  multiplex?: boolean | undefined;
  /** Jobs on one connection, at least 1. @defaultValue 50 */
  jobsPerStream?: number | undefined;
  /** How a lost connection is opened again. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Ms without a byte after which a connection counts as dead, until the gateway says how often its heartbeat comes. @defaultValue 25_000 */
  silence?: number | undefined;
  /** The RxJS scheduler of every wait. @defaultValue asyncScheduler */
  scheduler?: SchedulerLike | undefined;
  /** Numbers from 0 to 1 that spread reconnects. @defaultValue Math.random */
  random?: (() => number) | undefined;
}

/** The options, checked and complete. */
export interface Gateway {
  /** Resolved when it is read first. @throws WhisulError `invalid_request` for a relative one where there is no page */
  readonly url: URL;
  readonly options: Partial<SseSourceOptions>;
  readonly jobsPerStream: number;
  readonly silence: number;
  readonly policy: RetryPolicy;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  /** No request before this moment (ms of the scheduler's clock): the gateway said so. */
  closedUntil: number;
}

/** Deno and others have the global without a value. */
const pageOf = ({ location }: { location?: { href?: string } }): string | undefined => location?.href;

function resolveUrl(url: string, page: string | undefined): URL {
  const resolved = url && URL.canParse(url, page) ? new URL(url, page) : undefined;
  // fetch refuses credentials in a URL; its error would look like a network that is down.
  if (!resolved || !/^https?:\/\/[^/@]+\//.test(resolved.href)) {
    throw badOption('url', 'an http(s) URL without credentials, and absolute where there is no page');
  }
  resolved.hash = '';
  return resolved;
}

/** Checks the options. @throws WhisulError `invalid_request` that names the one that cannot be used */
export function openGateway(untyped: SseSourceOptions): Gateway {
  // Callers without types may give none at all.
  const options: Partial<SseSourceOptions> = { ...untyped };
  optionNames(options, {
    url: 1,
    fetch: 1,
    headers: 1,
    credentials: 1,
    multiplex: 1,
    jobsPerStream: 1,
    retry: 1,
    silence: 1,
    scheduler: 1,
    random: 1,
  });
  const { scheduler = asyncScheduler, headers, credentials = 'omit' } = options;
  const given = String(options.url ?? '');
  // What cannot be used on any page is found out now.
  resolveUrl(given, 'http://page');
  let url: URL | undefined;
  functionOption('fetch', options.fetch);
  if (typeof headers !== 'function') objectOption('headers', headers);
  if (!/^(omit|same-origin|include)$/.test(credentials)) {
    throw badOption('credentials', 'omit, same-origin or include');
  }
  schedulerOption(scheduler);
  const jobsPerStream = numberOption('jobsPerStream', options.jobsPerStream, 50, 1);
  return {
    get url() {
      return (url ??= resolveUrl(given, pageOf(globalThis)));
    },
    options,
    jobsPerStream: options.multiplex === false ? 1 : jobsPerStream,
    silence: numberOption('silence', options.silence, 25_000, 1),
    policy: resolveRetryPolicy(options.retry),
    scheduler,
    random: functionOption('random', options.random) ?? Math.random,
    closedUntil: -Infinity,
  };
}
