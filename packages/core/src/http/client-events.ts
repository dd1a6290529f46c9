import { defer, type Observable, type SchedulerLike, Subject } from 'rxjs';
import type { ClientEvent, ClientEventBody } from './client-event.js';

/** The telemetry of a client: hot, kept nowhere. */
export class ClientEvents {
  readonly #events$ = new Subject<ClientEvent>();
  readonly #scheduler: SchedulerLike;
  #expected = 0;
  #closing = false;
  /** Deferred, so that a client can be inspected and written as JSON: the listeners of a subject are a circle. */
  readonly events$: Observable<ClientEvent> = defer(() => this.#events$);

  constructor(scheduler: SchedulerLike) {
    this.#scheduler = scheduler;
  }

  /** Whether there is a listener. Without one no event is made. */
  get observed(): boolean {
    return this.#events$.observed;
  }

  emit(event: ClientEventBody, jobId?: string): void {
    if (!this.#events$.observed) return;
    this.#events$.next({ at: this.#scheduler.now(), ...(jobId === undefined ? {} : { job_id: jobId }), ...event });
  }

  /** Tells of something odd that could be lived with. */
  warn(message: string, jobId: string): void {
    this.emit({ type: 'warning', message }, jobId);
  }

  /** Keeps the stream open for a receipt that must not be lost, until it is `received`. */
  expect(): void {
    this.#expected += 1;
  }

  received(): void {
    this.#expected -= 1;
    this.#completeWhenDone();
  }

  /** Completes the stream once no receipt is expected any more. */
  close(): void {
    this.#closing = true;
    this.#completeWhenDone();
  }

  #completeWhenDone(): void {
    if (this.#closing && this.#expected === 0) this.#events$.complete();
  }
}
