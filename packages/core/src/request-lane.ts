import { Alarm, type Alarms } from './alarms.js';

/** How many requests a client may make; all its calls share it. */
export interface RequestBudget {
  /** Requests start at least 1000 / this ms apart, with no bursts. @defaultValue Infinity */
  readonly requestsPerSecond: number;
  /** Requests under way at once. @defaultValue 32 */
  readonly maxInFlight: number;
}

/** A call that wants to be made: the lane starts it when it may go. */
export interface LaneCall {
  readonly kind: 'submit' | 'read';
  start(): void;
}

/** How a call left the lane: with an answer, with a 429, or without any answer. */
export type LaneOutcome = 'answered' | 'rate_limited' | 'unanswered';

/**
 * The one lane through which all requests of a client go: budget, order, and the gate that a 429 closes.
 * Submits go first, then reads in the order in which they fell due. After a 429 nothing goes until its time has
 * passed, then one call goes as a probe; the lane opens when the probe's answer is not another 429.
 */
export class RequestLane {
  readonly #budget: RequestBudget;
  readonly #alarms: Alarms;
  #wakeAt = 0;
  readonly #wake = new Alarm(() => {
    this.#advance();
  });
  readonly #onGate: (pausedFor: number | undefined) => void;
  readonly #submits = new Set<LaneCall>();
  readonly #reads = new Set<LaneCall>();
  #inFlight = 0;
  #nextStart = -Infinity;
  #pausedUntil: number | undefined;
  #probe: LaneCall | undefined;

  /** @param onGate - hears when the gate closes, with the ms until it opens, and `undefined` when it has opened */
  constructor(budget: RequestBudget, alarms: Alarms, onGate: (pausedFor: number | undefined) => void) {
    this.#budget = budget;
    this.#alarms = alarms;
    this.#onGate = onGate;
  }

  /** Starts the call now or when its turn comes. Every call that enters must leave. */
  enter(call: LaneCall): void {
    const now = this.#alarms.now();
    if (this.#submits.size + this.#reads.size === 0 && this.#hasRoom() && now >= this.#opensAt()) {
      this.#start(call, now);
      return;
    }
    (call.kind === 'submit' ? this.#submits : this.#reads).add(call);
    this.#advance();
  }

  /** Takes the call out, whether it waits or is under way. */
  leave(call: LaneCall, outcome: LaneOutcome): void {
    if (!this.#submits.delete(call) && !this.#reads.delete(call)) {
      this.#inFlight -= 1;
      if (call === this.#probe) {
        this.#probe = undefined;
        if (outcome === 'answered' && this.#alarms.now() >= (this.#pausedUntil ?? 0)) {
          this.#pausedUntil = undefined;
          this.#onGate(undefined);
        }
      }
    }
    this.#advance();
  }

  /** Closes the gate for that many ms, or leaves it closed for longer. Call it before the 429's call leaves. */
  pause(ms: number): void {
    const until = this.#alarms.now() + ms;
    if (this.#pausedUntil !== undefined && until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#onGate(ms);
  }

  #advance(): void {
    while (this.#submits.size + this.#reads.size > 0 && this.#hasRoom()) {
      const now = this.#alarms.now();
      const opensAt = this.#opensAt();
      if (now < opensAt) {
        if (this.#wake.bucket === undefined || this.#wakeAt !== opensAt) this.#alarms.set(this.#wake, opensAt);
        this.#wakeAt = opensAt;
        return;
      }
      this.#startNext(now);
    }
    this.#alarms.clear(this.#wake);
  }

  #hasRoom(): boolean {
    return this.#inFlight < this.#budget.maxInFlight && this.#probe === undefined;
  }

  #opensAt(): number {
    return Math.max(this.#nextStart, this.#pausedUntil ?? -Infinity);
  }

  #startNext(now: number): void {
    for (const call of this.#submits.size > 0 ? this.#submits : this.#reads) {
      this.#submits.delete(call);
      this.#reads.delete(call);
      this.#start(call, now);
      return;
    }
  }

  #start(call: LaneCall, now: number): void {
    this.#inFlight += 1;
    this.#nextStart = now + 1000 / this.#budget.requestsPerSecond;
    if (this.#pausedUntil !== undefined) this.#probe = call;
    call.start();
  }
}
