import { Observable } from 'rxjs';
import { fieldOf } from '../model/field-of.js';
import { isWhisulError, type WhisulError } from '../model/whisul-error.js';
import { longest } from '../polling/long-timer.js';
import { callError, noAnswerError, statusError } from './answer-error.js';
import type { Api, ApiCall } from './api.js';
import { ApiAnswer } from './api-answer.js';
import { ClientRequest } from './client-request.js';
import { noResponseError } from './no-response.js';
import { redactCause } from './redact.js';
import type { Turn } from './request-lane.js';
import type { TransportResponse } from './transport.js';

/** Sends a request now and reads its answer: the boundary between promises and streams. Unsubscribing aborts. */
export function exchange$<T>(api: Api, call: ApiCall<T>, key: string, turn: Turn): Observable<T> {
  const { events, lane, now, requestTimeout, scheduler, transport } = api;
  let status = 0;
  /** The head of the answer, once it is in. */
  let response: TransportResponse | undefined;

  const refusal = (answer: ApiAnswer): WhisulError => {
    turn.outcome = status === 429 ? 'unanswered' : 'answered';
    return statusError(call, answer, answer.retryAfter(scheduler.now()));
  };
  /** There is no answer, or only its head: the status of a refusal decides, whatever happened to its body. */
  const unanswered = (code: 'network' | 'request_timeout', error?: unknown): WhisulError => {
    const head = new ApiAnswer(response, status, '', key);
    if (response !== undefined && !head.isSuccess) return refusal(head);
    turn.outcome = 'unanswered';
    const details = { requestId: head.requestId, status: status || undefined };
    // What a transport refuses to read: a body without an end, or no response at all.
    if (isWhisulError(error, 'invalid_response')) {
      return callError(call, error.code, error.message, { ...details, cause: redactCause(error.cause, key) });
    }
    return noAnswerError(call, code, { ...details, cause: redactCause(error, key) });
  };

  return new Observable<T>((subscriber) => {
    const line = () => ({ method: call.method, path: new URL(call.url).pathname });
    if (events.observed) events.emit({ type: 'request', ...line() }, call.jobId);
    // A listener may have unsubscribed: then nothing has left.
    if (subscriber.closed) return undefined;
    const began = now();
    call.onSend?.();
    const request = new ClientRequest(call, key);
    let over = false;

    const exchange = async (): Promise<unknown> => {
      const head = await transport(request);
      // Callers without types exist.
      if (typeof fieldOf(head, 'status') !== 'number' || typeof fieldOf(head, 'text') !== 'function') {
        throw noResponseError('transport');
      }
      status = head.status;
      response = head;
      if (!subscriber.closed) {
        // Nothing else leaves while the body takes its time.
        if (status === 429) lane.hold(turn);
        const took = Math.round(now() - began);
        if (events.observed) events.emit({ type: 'response', ...line(), status, took }, call.jobId);
      }
      return head.text();
    };
    exchange().then(
      (text) => {
        over = true;
        if (subscriber.closed) return;
        const answer = new ApiAnswer(response, status, text, key);
        if (!answer.isSuccess) {
          subscriber.error(refusal(answer));
          return;
        }
        turn.outcome = 'answered';
        let value: T;
        try {
          value = call.read(answer);
        } catch (error) {
          subscriber.error(error);
          return;
        }
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => {
        over = true;
        if (!subscriber.closed) subscriber.error(unanswered('network', error));
      },
    );
    // Not `timeout` or `within`: this is set and cleared for each poll, and was a third of the pipeline's cost.
    const late = scheduler.schedule(
      () => {
        subscriber.error(unanswered('request_timeout'));
      },
      Math.min(requestTimeout, longest),
    );
    return () => {
      late.unsubscribe();
      // `abort()` on a request that is over costs 30 us.
      if (!over) request.abort();
    };
  });
}
