import type { Transport, TransportRequest, TransportResponse } from '@whisul-rx/core';
import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** One answer of the scripted API, as data. */
export interface Answer {
  readonly status?: number;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ms until the head. */
  readonly delay?: number;
  /** Ms from the head to the end of the body. */
  readonly bodyDelay?: number;
  /** The transport rejects with this. */
  readonly error?: unknown;
  /** The body breaks off with this. */
  readonly bodyError?: unknown;
}

/** A request that the scripted API got. */
export interface SeenRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly at: number;
  readonly signal: AbortSignal;
  /** When its answer was complete. */
  answeredAt: number | undefined;
}

export type Script = (request: SeenRequest, index: number) => Answer;

/** Gives these answers one after the other, the last one for ever. */
export function inTurn(...answers: readonly Answer[]): Script {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)] ?? {};
}

/** One script for submits, one for reads. */
export function byMethod(post: Script, get: Script): Script {
  return (request, index) => (request.method === 'POST' ? post : get)(request, index);
}

export interface ScriptedApi {
  readonly transport: Transport;
  readonly requests: readonly SeenRequest[];
  readonly posts: readonly SeenRequest[];
  readonly gets: readonly SeenRequest[];
  /** When the requests came, in ms since the first. */
  readonly times: readonly number[];
  /** The most requests that were ever under way at once. */
  readonly busiest: number;
  readonly inFlight: number;
}

/** A Whisul API that is a list of answers: no socket, and every wait on the given scheduler. */
export function scriptedApi(script: Script, scheduler: SchedulerLike = asyncScheduler): ScriptedApi {
  const requests: SeenRequest[] = [];
  let inFlight = 0;
  let busiest = 0;

  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = scheduler.schedule(() => {
        resolve();
      }, ms);
      const abort = () => {
        timer.unsubscribe();
        reject(signal.reason);
      };
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });

  const answer = async (answer: Answer, seen: SeenRequest): Promise<TransportResponse> => {
    const { status = 200, body = '', headers = {}, delay = 0, bodyDelay = 0 } = answer;
    if (delay > 0) await pause(delay, seen.signal);
    if ('error' in answer) throw answer.error;
    const lowered = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return {
      status,
      headers: { get: (name) => lowered.get(name.toLowerCase()) ?? null },
      text: async () => {
        if (bodyDelay > 0) await pause(bodyDelay, seen.signal);
        if ('bodyError' in answer) throw answer.bodyError;
        seen.answeredAt = scheduler.now();
        return typeof body === 'string' ? body : JSON.stringify(body);
      },
    };
  };

  const transport: Transport = async ({ method, url, headers, body, signal }: TransportRequest) => {
    const { pathname: path } = new URL(url);
    const seen: SeenRequest = { method, url, path, headers, body, signal, at: scheduler.now(), answeredAt: undefined };
    requests.push(seen);
    inFlight += 1;
    busiest = Math.max(busiest, inFlight);
    let over = false;
    const leave = () => {
      if (!over) inFlight -= 1;
      over = true;
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      const response = await answer(script(seen, requests.length - 1), seen);
      return { ...response, text: () => response.text().finally(leave) };
    } catch (error) {
      leave();
      throw error;
    }
  };

  return {
    transport,
    requests,
    get posts() {
      return requests.filter(({ method }) => method === 'POST');
    },
    get gets() {
      return requests.filter(({ method }) => method === 'GET');
    },
    get times() {
      return requests.map(({ at }) => at - (requests[0]?.at ?? 0));
    },
    get busiest() {
      return busiest;
    },
    get inFlight() {
      return inFlight;
    },
  };
}
