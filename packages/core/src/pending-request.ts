import type { Observer, SchedulerLike } from 'rxjs';
import { callError, noAnswerError, statusError, type CallSubject } from './answer-error.js';
import { ApiAnswer, isSuccess } from './api-answer.js';
import { lateKeyError, readApiKey, type ApiKey } from './api-key.js';
import type { ClientEvents } from './client-events.js';
import { LazyRequest } from './lazy-request.js';
import { redactCause } from './redact.js';
import type { LaneCall, LaneOutcome, RequestLane } from './request-lane.js';
import type { Timed, Timeouts } from './timeouts.js';
import type { Transport, TransportResponse } from './transport.js';
import { isWhisulError } from './whisul-error.js';

/** What all requests of a client have in common. */
export interface Api {
  readonly apiKey: ApiKey | undefined;
  readonly transport: Transport;
  readonly lane: RequestLane;
  /** Of a request that has left the lane. */
  readonly requestTimeouts: Timeouts;
  readonly scheduler: SchedulerLike;
  readonly events: ClientEvents;
}

/** One request to be made, and what to do with its answer. */
export interface ApiCall<T> extends CallSubject {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  /** Reads a successful answer; `undefined` is no value. Throws when it cannot be read. */
  read(answer: ApiAnswer): T | undefined;
  /** Hears of a failure; `true` says that it is taken care of, and the request ends with neither value nor error. */
  recover?(error: unknown): boolean;
  /** Hears that the request leaves now. */
  onSend?(): void;
  /** Hears that the request was withdrawn after it left and before it was answered. */
  onAbort?(): void;
}

/** A request on its way through the lane and the transport; it settles once. */
export class PendingRequest<T> implements LaneCall, Timed {
  readonly kind: 'submit' | 'read';
  deadline = Infinity;
  before: Timed | undefined = undefined;
  after: Timed | undefined = undefined;
  readonly #api: Api;
  readonly #call: ApiCall<T>;
  readonly #observer: Observer<T>;
  #settled = false;
  #entered = false;
  #key = '';
  #sentAt: number | undefined;
  /** The response, once its head is in. */
  #head: { readonly response: TransportResponse; readonly status: number } | undefined;
  #request: LazyRequest | undefined;

  constructor(api: Api, call: ApiCall<T>, observer: Observer<T>) {
    this.kind = call.method === 'POST' ? 'submit' : 'read';
    this.#api = api;
    this.#call = call;
    this.#observer = observer;
  }

  /**
   * Asks for the key, then enters the lane: a call that the lane has let go must leave at that moment, or the budget and the
   * gate would count one thing and the API see another.
   */
  begin(): void {
    try {
      const key = readApiKey(this.#api.apiKey);
      if (typeof key === 'string') {
        this.#enter(key);
        return;
      }
      this.#api.requestTimeouts.begin(this);
      key.then(
        (given) => {
          this.#enter(given);
        },
        (error: unknown) => {
          this.#failKeyless(error);
        },
      );
    } catch (error) {
      this.#failKeyless(error);
    }
  }

  start(): void {
    this.#api.requestTimeouts.begin(this);
    this.#send();
  }

  /** The request, or the key for it, takes too long. */
  expire(): void {
    if (!this.#entered) {
      this.#failKeyless(lateKeyError());
      return;
    }
    // Before it makes room for the next one.
    this.#request?.abort();
    this.#failUnanswered('request_timeout');
  }

  withdraw(): void {
    if (this.#settled) return;
    this.#request?.abort();
    this.#settle('withdrawn', () => {
      if (this.#sentAt !== undefined) this.#call.onAbort?.();
    });
  }

  #enter(key: string): void {
    if (this.#settled) return;
    this.#api.requestTimeouts.end(this);
    this.#key = key;
    this.#entered = true;
    this.#api.lane.enter(this);
  }

  #send(): void {
    const { transport, scheduler, events } = this.#api;
    this.#sentAt = scheduler.now();
    this.#call.onSend?.();
    if (events.observed) {
      events.emit({ type: 'request', ...this.#line() }, this.#call.jobId);
      if (this.#isSettled()) return; // who hears of a request may give it up
    }
    try {
      Promise.resolve(transport((this.#request = new LazyRequest(this.#call, this.#key)))).then(
        (response) => {
          try {
            this.#receive(response);
          } catch (error) {
            this.#failUnanswered('network', error); // what the transport gave is no response
          }
        },
        (error: unknown) => {
          this.#failUnanswered('network', error);
        },
      );
    } catch (error) {
      this.#failUnanswered('network', error);
    }
  }

  #receive(response: TransportResponse): void {
    const { scheduler, events } = this.#api;
    const { status } = response;
    this.#head = { response, status };
    if (events.observed && !this.#settled) {
      const took = scheduler.now() - (this.#sentAt ?? 0);
      events.emit({ type: 'response', ...this.#line(), status, took }, this.#call.jobId);
    }
    Promise.resolve(response.text()).then(
      (text) => {
        this.#answer(response, status, text);
      },
      (error: unknown) => {
        this.#failUnanswered('network', error);
      },
    );
  }

  #answer(response: TransportResponse, status: number, text: string): void {
    if (this.#settled) return;
    const answer = new ApiAnswer(response, status, text, this.#key);
    this.#settle(answer.status === 429 ? 'rate_limited' : 'answered', () => {
      if (answer.isSuccess) this.#deliver(answer);
      else this.#deliverError(statusError(this.#call, answer, answer.retryAfter(this.#api.scheduler.now())));
    });
  }

  #deliver(answer: ApiAnswer): void {
    let value: T | undefined;
    try {
      value = this.#call.read(answer);
    } catch (error) {
      this.#deliverError(error);
      return;
    }
    if (value !== undefined) this.#observer.next(value);
    this.#observer.complete();
  }

  #deliverError(error: unknown): void {
    let recovered: boolean | undefined;
    try {
      recovered = this.#call.recover?.(error);
    } catch (thrown) {
      this.#observer.error(this.#aboutThis(thrown)); // an option of the caller, such as `scheduler`
      return;
    }
    if (recovered === true) this.#observer.complete();
    else this.#observer.error(error);
  }

  /** No answer, or only the head of one: the status of a refusal decides, whatever became of its body. */
  #failUnanswered(code: 'network' | 'request_timeout', error?: unknown): void {
    const { response, status = 0 } = this.#head ?? {};
    if (response !== undefined && !isSuccess(status)) {
      this.#answer(response, status, '');
      return;
    }
    const { requestId } = response === undefined ? {} : new ApiAnswer(response, status, '', this.#key);
    const cause = redactCause(error, this.#key);
    this.#fail(noAnswerError(this.#call, code, { cause, requestId, ...(response === undefined ? {} : { status }) }));
  }

  #failKeyless(error: unknown): void {
    this.#fail(this.#aboutThis(error));
  }

  /** The same error, with the job or the prompt that it is about. */
  #aboutThis(error: unknown): unknown {
    return isWhisulError(error) ? callError(this.#call, error.code, error.message, { cause: error.cause }) : error;
  }

  #fail(error: unknown): void {
    this.#settle('unanswered', () => {
      this.#deliverError(error);
    });
  }

  /** Delivers before it makes room: a 429 has to close the gate before the lane starts the next call. */
  #settle(outcome: LaneOutcome, deliver?: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#api.requestTimeouts.end(this);
    try {
      deliver?.();
    } finally {
      if (this.#entered) this.#api.lane.leave(this, outcome);
    }
  }

  #isSettled(): boolean {
    return this.#settled;
  }

  #line(): { method: 'GET' | 'POST'; path: string } {
    return { method: this.#call.method, path: new URL(this.#call.url).pathname };
  }
}
