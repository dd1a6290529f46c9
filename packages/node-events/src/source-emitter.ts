import { isTerminal, type JobState, WhisulError } from '@whisul-rx/core';
import { abort$, readJobState } from '@whisul-rx/core/adapter';
import { EventEmitter } from 'node:events';
import { map, Subscription, takeWhile, type Observable } from 'rxjs';
import type { JobEmitter } from './job-emitter.js';

type Listener = Parameters<EventEmitter['on']>[1];

// `error` is not among them: a listener for errors alone does not ask for a job to be polled.
const heard = ['state', 'submitted', 'running', 'completed', 'failed', 'close'] as const;

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** The emitter behind `toEmitter`. Its type is kept out of the public one: see `JobEmitter`. */
export class SourceEmitter extends EventEmitter implements JobEmitter {
  readonly #source$: Observable<JobState>;
  readonly #signal: AbortSignal | undefined;
  #subscription = Subscription.EMPTY;
  #state: JobState | undefined;
  #closed = false;
  #errored: unknown;
  #said = false;
  #queue: (() => void)[] = [];
  #delivering = false;

  constructor(source$: Observable<JobState>, signal: AbortSignal | undefined) {
    super();
    // Fanning out to many listeners is what it is for.
    this.setMaxListeners(0);
    this.#source$ = source$.pipe(
      map((state) => this.#read(state)),
      takeWhile((state) => !isTerminal(state), true),
    );
    this.#signal = signal;
  }

  get state(): JobState | undefined {
    return this.#state;
  }

  get closed(): boolean {
    return this.#closed || this.#signal?.aborted === true;
  }

  get errored(): unknown {
    return this.#errored;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#leave(this.#subscription);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  override on(event: string | symbol, listener: Listener): this {
    return super.on(event, listener).#joined();
  }
  override prependListener(event: string | symbol, listener: Listener): this {
    return super.prependListener(event, listener).#joined();
  }
  override off(event: string | symbol, listener: Listener): this {
    try {
      return super.off(event, listener);
    } finally {
      // The listener is gone, also when one for `removeListener` threw.
      this.#left();
    }
  }
  override removeAllListeners(event?: string | symbol): this {
    try {
      return event === undefined ? super.removeAllListeners() : super.removeAllListeners(event);
    } finally {
      this.#left();
    }
  }
  static {
    // As in Node, these are one function under two names.
    for (const [name, other] of Object.entries({ addListener: 'on', removeListener: 'off' })) {
      Object.defineProperty(this.prototype, name, Object.getOwnPropertyDescriptor(this.prototype, other) ?? {});
    }
  }

  /** Node's `emit` lets the first listener that throws keep the event from the others; here it disturbs nobody. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    // What throws here throws to the caller of `on()` or `off()`, and keeps a listener from being added.
    if (event === 'newListener' || event === 'removeListener') return super.emit(event, ...args);
    const listeners = this.rawListeners(event);
    if (event === 'error') {
      if (listeners.length === 0) return super.emit(event, ...args);
      listeners.unshift(...this.rawListeners(EventEmitter.errorMonitor));
    }
    for (const listener of listeners) {
      try {
        Reflect.apply(listener, this, args);
      } catch (error) {
        throwLater(error);
      }
    }
    return listeners.length > 0;
  }

  /** The event is named after the status: one that no state has would be an event like `close` or `error`. */
  #read(value: unknown): JobState {
    const state = readJobState(value);
    if (state) return state;
    const lastState = this.#state;
    throw new WhisulError('invalid_response', 'The stream emitted something that is not a job state.', {
      jobId: lastState?.job_id,
      lastState,
    });
  }

  #isHeard(): boolean {
    return heard.some((event) => this.listenerCount(event) > 0);
  }

  #joined(): this {
    if (this.#subscription.closed && !this.#said) {
      process.nextTick(() => {
        this.#settle();
      });
    }
    return this;
  }

  #left(): void {
    // Not at once: `await once(job, 'running'); await once(job, 'completed')` leaves and is back some microtasks later.
    if (!this.#subscription.closed && !this.#isHeard()) {
      queueMicrotask(() => {
        process.nextTick(() => {
          this.#settle();
        });
      });
    }
  }

  #settle(): void {
    if (!this.#isHeard()) this.#subscription.unsubscribe();
    else if (this.#closed) this.#sayClose();
    else if (this.#signal?.aborted === true) this.close();
    else if (this.#subscription.closed) this.#start();
  }

  #start(): void {
    // Made before the source runs: a source that emits at once can be left while it is being subscribed.
    const subscription = (this.#subscription = new Subscription());
    // What comes when the last listener has just left is not taken, as if the source had been left already:
    // the next listener starts it again.
    const isTaken = (): boolean => {
      if (!subscription.closed && !this.#isHeard()) subscription.unsubscribe();
      return !subscription.closed;
    };
    subscription.add(
      abort$(this.#signal).subscribe(() => {
        this.close();
      }),
    );
    subscription.add(
      this.#source$.subscribe({
        next: (state) => {
          if (!isTaken()) return;
          this.#deliver(() => {
            this.#state = state;
            this.emit('state', state);
            this.emit(state.status, state);
          });
        },
        error: (error: unknown) => {
          if (!isTaken()) return;
          this.#deliver(() => {
            this.#errored = error;
            this.emit('error', error);
          });
          this.#leave(subscription);
        },
        complete: () => {
          if (!subscription.closed) this.#leave(subscription);
        },
      }),
    );
  }

  /**
   * A teardown that throws keeps `close` from nobody. It throws on, to the caller of `close()`; where there is none, as
   * after the terminal state, it is an uncaught exception.
   */
  #leave(subscription: Subscription): void {
    try {
      subscription.unsubscribe();
    } finally {
      this.#deliver(() => {
        this.#closed = true;
        this.#sayClose();
      });
    }
  }

  /** One event after the other, also when a listener causes the next: `close` is the last for every listener. */
  #deliver(event: () => void): void {
    this.#queue.push(event);
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        next();
      } catch (error) {
        throwLater(error);
      }
    }
    this.#delivering = false;
  }

  /** While nobody listens it waits for the next listener: who waits for the end of a job never waits in vain. */
  #sayClose(): void {
    if (this.#said || !this.#isHeard()) return;
    this.#said = true;
    this.emit('close');
  }
}
