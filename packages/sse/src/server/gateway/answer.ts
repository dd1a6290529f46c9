import { retryFrame } from '../../wire/control-frame.js';
import { refuse, type Refusal } from '../../wire/refusal.js';
import type { EventFeed } from '../feeds/event-feed.js';

/** What a request is answered with, before any platform's response is made of it. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The stream that follows the head, where there is one. */
  readonly feed?: EventFeed;
}

/** What every answer has; streams add to what caches must not do. */
const safeHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'Accept' } as const;

/** The head of every stream. */
export const streamHeaders = {
  ...safeHeaders,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;

const jsonHeaders = { ...safeHeaders, 'content-type': 'application/json' } as const;

/** The client has gone: there is nobody to answer. The status is what proxies log for it. */
export const nobody: Answer = { status: 499, headers: safeHeaders, body: undefined };

/** The client saw the end before: an EventSource stops for good when it reads 204. */
export const seenTheEnd: Answer = { status: 204, headers: safeHeaders, body: undefined };

/** What may be done at a path: an answer without a body. */
export function optionsAnswer(headers: Record<string, string>): Answer {
  return { status: 204, headers: { ...safeHeaders, ...headers }, body: undefined };
}

export function streamAnswer(feed?: EventFeed): Answer {
  return { status: 200, headers: streamHeaders, body: undefined, ...(feed === undefined ? {} : { feed }) };
}

/** @param json - undefined for an answer to HEAD */
export function jsonAnswer(status: number, json: string | undefined): Answer {
  return { status, headers: jsonHeaders, body: json };
}

/** A problem document. `Retry-After` is in whole seconds, rounded up so that nobody comes too early. */
export function refusalAnswer(refusal: Refusal, headers: Record<string, string> = {}): Answer {
  const { problem, retryAfter = problem.status === 503 ? awayTime() : undefined } = refusal;
  return {
    status: problem.status,
    headers: {
      ...jsonHeaders,
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfter / 1_000))) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}

/** A random wait for clients that are sent away, in ms: they should not all come back at once. */
export function awayTime(): number {
  return 5_000 + Math.random() * 10_000;
}

/** Sends a stream away. A native EventSource never comes back after a 503, so it gets a stream that ends. */
export function comeBackLater(): Answer {
  return { ...streamAnswer(), body: retryFrame(5_000, 15_000).text };
}

/** Sends anything else away; provably nothing was started for it. */
export function tooBusy(detail: string): Answer {
  return refusalAnswer(refuse(503, 'rate_limited', detail));
}

/** How a request is sent away by a server that is full or going away. Nothing was started for it. */
export const sendAway = {
  stream: comeBackLater,
  json: (): Answer => tooBusy('This server is full or going away. Ask again later.'),
} as const;
