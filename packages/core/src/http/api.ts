import type { SchedulerLike } from 'rxjs';
import type { CallSubject } from './answer-error.js';
import type { ApiAnswer } from './api-answer.js';
import type { KeySource } from './api-key.js';
import type { ClientEvents } from './client-events.js';
import type { RequestLane } from './request-lane.js';
import type { Transport } from './transport.js';

/** What all requests of a client have in common. */
export interface Api {
  readonly apiKey: KeySource;
  readonly transport: Transport;
  readonly lane: RequestLane;
  /** Ms, for a request that has left the lane. */
  readonly requestTimeout: number;
  readonly scheduler: SchedulerLike;
  /** The clock of all waits, in ms. */
  readonly now: () => number;
  readonly events: ClientEvents;
}

/** One request to be made. */
export interface ApiCall<T> extends CallSubject {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  /** Reads a successful answer. Throws if it cannot be read. */
  read(answer: ApiAnswer): T;
  /** Is told that the request leaves now. */
  onSend?(): void;
}
