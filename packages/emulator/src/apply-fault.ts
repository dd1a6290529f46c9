import { apiErrorBody } from './api-error.js';
import { connectionError } from './connection-error.js';
import type { MutableJob } from './emulated-job.js';
import type { Fault } from './fault.js';
import type { Pauses } from './pauses.js';
import type { MutableLog } from './request-log.js';

/** A request that a fault is about to hit. */
export interface FaultyCall {
  readonly log: MutableLog;
  readonly request: Request;
  readonly pauses: Pauses;
  /** Lets the API do its work, once: further calls give the same answer. */
  answer(): Promise<Response>;
  /** The job of the request; for a POST only after {@link answer}. */
  job(): MutableJob | undefined;
  now(): number;
}

const page = '<!doctype html><title>Whisul</title><h1>Something is in the way</h1>';

function statusResponse(fault: Extract<Fault, { type: 'status' }>): Response {
  const { status, body = apiErrorBody(status), retryAfter, headers } = fault;
  const bodyless = status === 204 || status === 205 || status === 304;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(bodyless ? null : text, {
    status,
    headers: {
      ...(!bodyless && { 'content-type': 'application/json' }),
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      ...headers,
    },
  });
}

/** An answer's head with another body. */
function withBody(answer: Response, body: BodyInit, length: number): Response {
  const headers = new Headers(answer.headers);
  headers.set('content-length', String(length));
  return new Response(body, { status: answer.status, headers });
}

/** Half of the body, under a head that promises all of it; then `end` decides, by rejecting, how it breaks off. */
async function breakOff(answer: Response, end: (left: AbortSignal) => Promise<never>): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const left = new AbortController();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(bytes.subarray(0, Math.ceil(bytes.length / 2))),
    pull: () => end(left.signal),
    cancel: () => left.abort(),
  });
  return withBody(answer, body, bytes.length);
}

/** What the client gets in place of its answer. Rejects where the connection would break. */
export async function applyFault(fault: Fault, call: FaultyCall): Promise<Response> {
  const { log, request, pauses } = call;
  const after = 'after' in fault ? fault.after : undefined;
  if (after === 'accept' && fault.type !== 'delay') await call.answer();
  switch (fault.type) {
    case 'status':
      return statusResponse(fault);
    case 'redirect':
      return new Response(null, { status: fault.status ?? 302, headers: { location: fault.location } });
    case 'html':
      return new Response(page, {
        status: fault.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      });
    case 'reset': {
      const reset = connectionError('ECONNRESET', 'The emulator reset the connection, as scripted.');
      log.status = 'reset';
      if (fault.part !== 'body') throw reset;
      return breakOff(await call.answer(), () => Promise.reject(reset));
    }
    case 'hang':
      log.status = 'hang';
      if (fault.part === 'body') {
        return breakOff(await call.answer(), (left) => {
          return pauses.hang(request, left).finally(() => {
            if (request.signal.aborted || left.aborted) log.status = 'aborted';
          });
        });
      }
      return pauses.hang(request);
    case 'delay': {
      const early = after === 'accept' ? await call.answer() : undefined;
      await pauses.pause(fault.ms, request);
      return early ?? call.answer();
    }
    case 'truncated': {
      const answer = await call.answer();
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const half = bytes.slice(0, Math.ceil(bytes.length / 2));
      return withBody(answer, half, half.length);
    }
    case 'fields': {
      const answer = await call.answer();
      const text = JSON.stringify({ ...(await answer.json()), ...fault.fields });
      return withBody(answer, text, new TextEncoder().encode(text).length);
    }
    case 'expire': {
      const job = call.job();
      if (job) job.expired = true;
      return call.answer();
    }
    case 'fail': {
      const followed = call.job();
      const answer = followed ? undefined : await call.answer();
      const job = followed ?? call.job();
      if (job) {
        job.outcome = 'failed';
        job.error = fault.error === undefined ? 'Generation failed, as scripted.' : fault.error;
      }
      if (followed) followed.finishesAt = Math.min(followed.finishesAt, call.now());
      return answer ?? call.answer();
    }
    default:
      return fault satisfies never;
  }
}
