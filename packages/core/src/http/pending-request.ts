import type { Observer, SchedulerLike } from 'rxjs';
import { callError, noAnswerError, statusError, type CallSubject } from './answer-error.js';
import { ApiAnswer } from './api-answer.js';
import type { Alarms } from '../polling/alarms.js';
import { lateKeyError, type KeySource } from './api-key.js';
import type { ClientEvents } from './client-events.js';
import { LazyRequest } from './lazy-request.js';
import type { LinkedList } from '../polling/linked-list.js';
import { redactCause } from './redact.js';
import type { LaneCall, LaneOutcome, RequestLane } from './request-lane.js';
import type { Timeouts } from '../polling/timeouts.js';
import type { Transport, TransportResponse } from './transport.js';
import { isWhisulError } from '../model/whisul-error.js';

/** What all requests of a client have in common. */
export interface Api {
  readonly apiKey: KeySource;
  readonly transport: Transport;
  readonly lane: RequestLane;
  /** Of a request that has left the lane. */
  readonly requestTimeouts: Timeouts<LaneCall>;
  readonly alarms: Alarms;
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
  /** Hears that the request leaves now, by the client's {@link Alarms}. */
  onSend?(now: number): void;
  /** Hears that the request was withdrawn after it left and before it was answered. */
  onAbort?(): void;
}

/** A request on its way through the lane and the transport; it settles once. */
export class PendingRequest<T> implements LaneCall {
  readonly kind: 'submit' | 'read';
  deadline = Infinity;
  list: LinkedList<LaneCall> | undefined = undefined;
  before: LaneCall | undefined = undefined;
  after: LaneCall | undefined = undefined;
  readonly #api: Api;
  readonly #call: ApiCall<T>;
  readonly #observer: Observer<T>;
  #settled = false;
  #entered = false;
  #key = '';
  #sentAt: number | undefined;
  /** The head of the answer, once it is in. */
  #response: TransportResponse | undefined;
  #status = 0;
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
    const { apiKey, requestTimeouts } = this.#api;
    if (typeof apiKey === 'string') {
      this.#enter(apiKey);
      return;
    }
    try {
      const key = apiKey();
      requestTimeouts.begin(this);
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

  start(now: number): void {
    const { requestTimeouts, events } = this.#api;
    if (events.observed) events.emit({ type: 'request', ...this.#line() }, this.#call.jobId);
    // Who hears of a request may give it up, and then it has not left.
    if (this.#settled) return;
    requestTimeouts.begin(this, now);
    this.#sentAt = now;
    this.#call.onSend?.(now);
    void this.#send();
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

  async #send(): Promise<void> {
    let text: unknown;
    try {
      const response = await this.#api.transport((this.#request = new LazyRequest(this.#call, this.#key)));
      this.#receive(response);
      text = await response.text();
    } catch (error) {
      this.#failUnanswered('network', error);
      return;
    }
    this.#answer(text);
  }

  #receive(response: TransportResponse): void {
    const { alarms, events } = this.#api;
    // What the transport gave may be no response: then this throws, and nothing is kept of it.
    this.#status = response.status;
    this.#response = response;
    if (this.#settled) return;
    // Nobody else goes while its body takes its time.
    if (this.#status === 429) this.#api.lane.hold(this);
    if (!events.observed) return;
    const took = alarms.now() - (this.#sentAt ?? 0);
    events.emit({ type: 'response', ...this.#line(), status: this.#status, took }, this.#call.jobId);
  }

  #answer(text: unknown): void {
    if (this.#settled) return;
    const answer = new ApiAnswer(this.#response, this.#status, text, this.#key);
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
    const status = this.#status;
    const { isSuccess, requestId } = new ApiAnswer(this.#response, status, '', this.#key);
    if (this.#response !== undefined && !isSuccess) {
      this.#answer('');
      return;
    }
    const cause = redactCause(error, this.#key);
    this.#fail(noAnswerError(this.#call, code, { cause, requestId, status: status || undefined }));
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
  #settle(outcome: LaneOutcome, deliver: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#api.requestTimeouts.end(this);
    try {
      deliver();
    } finally {
      if (this.#entered) this.#api.lane.leave(this, outcome);
    }
  }

  #line(): { method: 'GET' | 'POST'; path: string } {
    return { method: this.#call.method, path: new URL(this.#call.url).pathname };
  }
}
