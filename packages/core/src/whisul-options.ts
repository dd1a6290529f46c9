import type { SchedulerLike } from 'rxjs';
import type { ClientSettings } from './client-settings.js';
import { SharedTimerScheduler } from './polling/shared-timer-scheduler.js';
import { adaptiveSchedule } from './polling/adaptive-schedule.js';
import { type ApiKey, keySource, type KeySource } from './http/api-key.js';
import { type BaseUrl, parseBaseUrl } from './http/base-url.js';
import { fetchTransport } from './http/fetch-transport.js';
import { badOption, functionOption, numberOption, objectOption, schedulerOption } from './model/option.js';
import { optionNames } from './model/option-names.js';
import type { PollSchedule } from './polling/poll-schedule.js';
import type { RequestBudget } from './http/request-lane.js';
import { resolveRetryPolicy, type RetryPolicy } from './polling/retry-policy.js';
import type { Transport } from './http/transport.js';

/** How a client is set up; every field has a default. */
export interface WhisulOptions {
  /** The key, or a function that is called before each request and returns it, or a promise of it. @defaultValue `process.env.WHISUL_API_KEY` */
  readonly apiKey?: ApiKey;
  /** The address of the API. @defaultValue `process.env.WHISUL_BASE_URL`, else `https://whisul.com/api` */
  readonly baseUrl?: string;
  /** What sends requests. @defaultValue cross-fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** Replaces `fetch`; see `undiciTransport` in `@whisul-rx/core/undici`. */
  readonly transport?: Transport;
  /** When to poll. @defaultValue adaptiveSchedule() */
  readonly schedule?: PollSchedule;
  /** How failed calls are tried again. */
  readonly retry?: Partial<RetryPolicy>;
  /** How many requests all calls of this client together may make. */
  readonly budget?: Partial<RequestBudget>;
  /** Ms until a request counts as failed, at least 1. @defaultValue 30_000 */
  readonly requestTimeout?: number;
  /** Ms from the first subscription to a job until its stream errors with `job_timeout`, at least 1. @defaultValue 900_000 */
  readonly jobTimeout?: number;
  /** How many jobs without subscribers are remembered: a late subscriber gets their last state at once. @defaultValue 1_000 */
  readonly remember?: number;
  /** The RxJS scheduler of every wait, for virtual time in tests. @defaultValue one whose waits share timers */
  readonly scheduler?: SchedulerLike;
  /** Returns numbers from 0 to 1 that spread the waits. For anything else, the default is used. @defaultValue Math.random */
  readonly random?: () => number;
}

/** {@link WhisulOptions} with nothing left open. */
export interface ResolvedOptions {
  readonly apiKey: KeySource;
  readonly base: BaseUrl;
  readonly transport: Transport;
  readonly schedule: PollSchedule;
  readonly policy: RetryPolicy;
  readonly budget: RequestBudget;
  readonly requestTimeout: number;
  readonly jobTimeout: number;
  readonly remember: number;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly settings: ClientSettings;
}

/**
 * Checks the options and fills in the defaults. A missing key is no error yet: the streams say so.
 *
 * @throws WhisulError `invalid_request` that names the option
 */
export function resolveOptions(options: WhisulOptions): ResolvedOptions {
  objectOption('options', options);
  optionNames(options, {
    apiKey: 1,
    baseUrl: 1,
    fetch: 1,
    transport: 1,
    schedule: 1,
    retry: 1,
    budget: 1,
    requestTimeout: 1,
    jobTimeout: 1,
    remember: 1,
    scheduler: 1,
    random: 1,
  });
  const { apiKey = environment('WHISUL_API_KEY'), scheduler = new SharedTimerScheduler(), fetch, transport } = options;
  if (apiKey !== undefined && typeof apiKey !== 'string' && typeof apiKey !== 'function') {
    throw badOption('apiKey', 'a string or a function that returns one');
  }
  const budget = objectOption('budget', options.budget);
  optionNames(budget, { requestsPerSecond: 1, maxInFlight: 1 });
  schedulerOption(scheduler);
  const schedule = functionOption('schedule', options.schedule) ?? adaptiveSchedule();
  const policy = resolveRetryPolicy(options.retry);
  const jobTimeout = numberOption('jobTimeout', options.jobTimeout, 900_000, 1);
  return {
    apiKey: keySource(apiKey),
    base: parseBaseUrl(
      options.baseUrl === undefined ? (environment('WHISUL_BASE_URL') ?? 'https://whisul.com/api') : options.baseUrl,
    ),
    transport: functionOption('transport', transport) ?? fetchTransport(functionOption('fetch', fetch)),
    schedule,
    policy,
    budget: {
      requestsPerSecond: numberOption('budget.requestsPerSecond', budget?.requestsPerSecond, Infinity, 0.001),
      maxInFlight: Math.floor(numberOption('budget.maxInFlight', budget?.maxInFlight, 32, 1)),
    },
    requestTimeout: numberOption('requestTimeout', options.requestTimeout, 30_000, 1),
    jobTimeout,
    remember: numberOption('remember', options.remember, 1_000),
    scheduler,
    random: functionOption('random', options.random) ?? Math.random,
    settings: {
      apiKey: typeof apiKey === 'string' ? apiKey.trim() || undefined : undefined,
      schedule,
      retry: policy,
      jobTimeout,
    },
  };
}

/** A variable of the environment, where there is a process; an empty one counts as not set. */
function environment(name: string): string | undefined {
  const host: { URL: unknown; process?: { env?: Record<string, string | undefined> } } = globalThis;
  return host.process?.env?.[name] || undefined;
}
