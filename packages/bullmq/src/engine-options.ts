import { createHash } from 'node:crypto';
import process from 'node:process';
import { adaptiveSchedule, type PollSchedule, type RetryPolicy, type Whisul } from '@whisul-rx/core';
import {
  badOption,
  functionOption,
  numberOption,
  objectOption,
  optionNames,
  resolveRetryPolicy,
  settingsOf,
} from '@whisul-rx/core/adapter';
import type { Telemetry } from 'bullmq';
import { type ClusterConnection, resolveServer, type Server } from './cluster/server.js';

/** How a process takes part in a cluster. */
export interface BullmqEngineOptions {
  /** Makes the requests, one at a time; its `retry` is that of submits. The engine does not close it. */
  readonly whisul: Whisul;
  /** The server that all processes of the cluster share. */
  readonly connection: ClusterConnection;
  /**
   * Names the account: processes with the same one share a queue, a budget and what they know. Only a hash of it is
   * stored. Give it if the key may change, or if it comes from a function and several accounts share a server.
   * @defaultValue the key of the client; if it is a function, `process.env.WHISUL_API_KEY`, else `'default'`
   */
  readonly account?: string;
  /** Whether this process makes requests for the cluster. Without it, it only follows and asks others to submit. @defaultValue true */
  readonly worker?: boolean;
  /**
   * The budget of the account: at most so many requests a second from all workers together, evenly spaced. Stored on the
   * server: the last process that gives it decides; Infinity removes it.
   * @defaultValue what another process has set, else none
   */
  readonly requestsPerSecond?: number;
  /** How long finished jobs and batches stay known, in s. @defaultValue 86_400 */
  readonly keepFinished?: number;
  /** Refuses to submit when the server could lose a record in a crash. @defaultValue false: `events$` warns */
  readonly requireDurable?: boolean;
  /** When to poll. @defaultValue the client's */
  readonly schedule?: PollSchedule;
  /** How failed polls are tried again; fields that are left out are the client's. @defaultValue the client's */
  readonly retry?: Partial<RetryPolicy>;
  /** Ms from the first follower of a job until its stream errors with `job_timeout`. @defaultValue the client's */
  readonly jobTimeout?: number;
  /**
   * Makes spans of what the engine asks of BullMQ, such as a `BullMQOtel` of the package `bullmq-otel`. Spans carry prompts
   * and the addresses of songs, and never the key.
   */
  readonly telemetry?: Telemetry;
}

/** {@link BullmqEngineOptions} with nothing left open. */
export interface EngineSettings {
  readonly whisul: Whisul;
  readonly server: Server;
  readonly queueName: string;
  readonly worker: boolean;
  readonly requestsPerSecond: number | undefined;
  readonly keepFinished: number;
  readonly requireDurable: boolean;
  readonly schedule: PollSchedule;
  readonly policy: RetryPolicy;
  readonly jobTimeout: number;
  readonly telemetry: Telemetry | undefined;
}

/** Some thirty years, in s: neither server takes Infinity, and Postgres takes whole numbers. */
const longestKept = 1e9;

/** @throws WhisulError `invalid_request` that names the option */
export function resolveEngineOptions(options: BullmqEngineOptions): EngineSettings {
  if (typeof objectOption('options', options) !== 'object') throw badOption('options', 'an object');
  optionNames(options, {
    whisul: 1,
    connection: 1,
    account: 1,
    worker: 1,
    requestsPerSecond: 1,
    keepFinished: 1,
    requireDurable: 1,
    schedule: 1,
    retry: 1,
    jobTimeout: 1,
    telemetry: 1,
  });
  const { whisul, account, requestsPerSecond } = options;
  const given: unknown = whisul;
  if (typeof given !== 'object' || given === null || !('getJob' in given) || !('events$' in given)) {
    throw badOption('whisul', 'a client, such as createWhisul()');
  }
  if (account !== undefined && (typeof account !== 'string' || account === '')) {
    throw badOption('account', 'a string that is not empty');
  }
  const client = settingsOf(whisul);
  return {
    whisul,
    server: resolveServer(options.connection),
    queueName: queueNameOf(account ?? client?.apiKey ?? (process.env['WHISUL_API_KEY'] || 'default')),
    worker: booleanOption('worker', options.worker, true),
    requestsPerSecond:
      requestsPerSecond === undefined ? undefined : numberOption('requestsPerSecond', requestsPerSecond, 0, 0.001),
    keepFinished: Math.min(Math.ceil(numberOption('keepFinished', options.keepFinished, 86_400, 1)), longestKept),
    requireDurable: booleanOption('requireDurable', options.requireDurable, false),
    schedule: functionOption('schedule', options.schedule) ?? client?.schedule ?? adaptiveSchedule(),
    policy: resolveRetryPolicy({ ...client?.retry, ...objectOption('retry', options.retry) }),
    jobTimeout: numberOption('jobTimeout', options.jobTimeout, client?.jobTimeout ?? 900_000, 1),
    telemetry: telemetryOption(options.telemetry),
  };
}

/** A text such as 'false', which an environment variable holds, is not taken for true. */
function booleanOption(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw badOption(name, 'true or false');
}

function telemetryOption(telemetry: Telemetry | undefined): Telemetry | undefined {
  const given: { tracer?: { startSpan?: unknown }; contextManager?: { with?: unknown } } | undefined | null = telemetry;
  const isTelemetry =
    typeof given?.tracer?.startSpan === 'function' && typeof given.contextManager?.with === 'function';
  if (telemetry !== undefined && !isTelemetry)
    throw badOption('telemetry', "BullMQ's telemetry, such as new BullMQOtel()");
  return telemetry;
}

/** One queue an account, so that submits and polls share its budget. Never the account itself: it may be the key. */
function queueNameOf(account: string): string {
  return `whisul-api-${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;
}
