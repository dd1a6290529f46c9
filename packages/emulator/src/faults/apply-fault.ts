import { apiErrorBody } from '../api/api-error.js';
import { connectionError } from '../api/connection-error.js';
import type { MutableJob } from '../api/emulated-job.js';
import type { Fault } from './fault.js';
import type { Pauses } from './pauses.js';
import type { MutableLog } from '../api/request-log.js';

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
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  });
}

/** An answer's head with another body. One that has no body (to a HEAD, or a 204) stays as it is. */
function withBody(answer: Response, body: BodyInit, length: number): Response {
  if (answer.body === null) return answer;
  const headers = new Headers(answer.headers);
  headers.set('content-length', String(length));
  return new Response(body, { status: answer.status, headers });
}

/** All of the body, and its first half. */
async function halve(answer: Response) {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { bytes, half: bytes.subarray(0, Math.ceil(bytes.length / 2)) };
}

/** Half of the body, under a head that promises all of it; then `end` decides, by rejecting, how it breaks off. */
async function breakOff(answer: Response, end: (left: AbortSignal) => Promise<never>): Promise<Response> {
  const { bytes, half } = await halve(answer);
  const left = new AbortController();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(half),
    pull: () => end(left.signal),
    cancel: () => left.abort(),
  });
  return withBody(answer, body, bytes.length);
}

async function truncate(answer: Response): Promise<Response> {
  const { half } = await halve(answer);
  return withBody(answer, half, half.length);
}

async function withFields(answer: Response, fields: object): Promise<Response> {
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') && answer.body !== null;
  const text = JSON.stringify({ ...(isJson && (await answer.json())), ...fields });
  return withBody(answer, text, new TextEncoder().encode(text).length);
}

/** The API's answer, with the job of the request changed: at once when it is polled, and as soon as a submit makes it. */
async function answerWithJob(call: FaultyCall, change: (job: MutableJob, polled: boolean) => void): Promise<Response> {
  const polled = call.job();
  if (polled) change(polled, true);
  const response = await call.answer();
  const submitted = polled ? undefined : call.job();
  if (submitted) change(submitted, false);
  return response;
}

/** What the client gets in place of its answer. Rejects where the connection would break. */
export async function applyFault(fault: Fault, call: FaultyCall): Promise<Response> {
  const { log, request, pauses } = call;
  const after = 'after' in fault ? fault.after : undefined;
  if (after === 'accept') await call.answer();
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
      if (fault.part !== 'body') return pauses.hang(request);
      return breakOff(await call.answer(), (left) =>
        pauses.hang(request, left).finally(() => {
          if (request.signal.aborted || left.aborted) log.status = 'aborted';
        }),
      );
    case 'delay':
      await pauses.pause(fault.ms, request);
      return call.answer();
    case 'truncated':
      return truncate(await call.answer());
    case 'fields':
      return withFields(await call.answer(), fault.fields);
    case 'expire':
      return answerWithJob(call, (job) => (job.expired = true));
    case 'fail':
      return answerWithJob(call, (job, polled) => {
        job.outcome = 'failed';
        job.error = fault.error === undefined ? 'Generation failed, as scripted.' : fault.error;
        if (polled) job.finishesAt = Math.min(job.finishesAt, call.now());
      });
    default:
      return fault satisfies never;
  }
}
