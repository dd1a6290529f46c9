import { Alarm, type Alarms } from '../polling/alarms.js';
import { LinkedList } from '../polling/linked-list.js';
import type { Timed } from '../polling/timeouts.js';

/** How many requests a client may make; all its calls share it. */
export interface RequestBudget {
  /** Requests start at least 1000 / this ms apart, with no bursts. @defaultValue Infinity */
  readonly requestsPerSecond: number;
  /** Requests under way at once. @defaultValue 32 */
  readonly maxInFlight: number;
}

/** A call that wants to be made: the lane starts it when it may go, and from then on its time is limited. */
export interface LaneCall extends Timed<LaneCall> {
  readonly kind: 'submit' | 'read';
  /** @param now - the time of the client's {@link Alarms} */
  start(now: number): void;
}

/** How a call left the lane: with an answer, with a 429, without any answer, or because its caller has left. */
export type LaneOutcome = 'answered' | 'rate_limited' | 'unanswered' | 'withdrawn';

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
    this.#yields = false;
    this.#advance();
  });
  readonly #onGate: (pausedFor: number | undefined) => void;
  readonly #submits = new LinkedList<LaneCall>();
  readonly #reads = new LinkedList<LaneCall>();
  #inFlight = 0;
  #nextStart = -Infinity;
  #pausedUntil: number | undefined;
  #probe: LaneCall | undefined;
  /** A caller has left, and may be about to take back what waits, too: nothing of that starts in this turn. */
  #yields = false;
  #closed = false;

  /** @param onGate - hears when the gate closes, with the ms until it opens, and `undefined` when it has opened */
  constructor(budget: RequestBudget, alarms: Alarms, onGate: (pausedFor: number | undefined) => void) {
    this.#budget = budget;
    this.#alarms = alarms;
    this.#onGate = onGate;
  }

  /** Starts the call now or when its turn comes. Every call that enters must leave. */
  enter(call: LaneCall): void {
    (call.kind === 'submit' ? this.#submits : this.#reads).push(call);
    this.#advance();
  }

  /**
   * Takes the call out, whether it waits or is under way. The next one starts at once, but not when a caller has left: a POST
   * that is started cannot be taken back.
   */
  leave(call: LaneCall, outcome: LaneOutcome): void {
    if (!this.#submits.remove(call) && !this.#reads.remove(call)) {
      this.#inFlight -= 1;
      if (call === this.#probe) {
        this.#probe = undefined;
        if (outcome === 'answered' && this.#alarms.now() >= (this.#pausedUntil ?? 0)) {
          this.#pausedUntil = undefined;
          this.#onGate(undefined);
        }
      }
    }
    if (outcome === 'withdrawn') this.#yields = this.#next() !== undefined;
    this.#advance();
  }

  /** Starts nothing any more; what is under way goes on. */
  close(): void {
    this.#closed = true;
    this.#alarms.clear(this.#wake);
  }

  /** Closes the gate for that many ms, or leaves it closed for longer. Call it before the 429's call leaves. */
  pause(ms: number): void {
    const until = this.#alarms.now() + ms;
    if (this.#pausedUntil !== undefined && until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#onGate(ms);
  }

  /** A call that is under way is being answered with a 429: until it leaves nothing else starts. */
  hold(call: LaneCall): void {
    this.#probe ??= call;
  }

  #advance(): void {
    for (let call = this.#next(); call !== undefined && this.#hasRoom(); call = this.#next()) {
      const now = this.#alarms.now();
      const opensAt = this.#opensAt();
      if (now < opensAt || this.#yields) {
        this.#wakeUp(Math.max(opensAt, now));
        return;
      }
      this.#start(call, now);
    }
    this.#alarms.clear(this.#wake);
  }

  #wakeUp(at: number): void {
    if (this.#wake.list === undefined || this.#wakeAt !== at) this.#alarms.set(this.#wake, at);
    this.#wakeAt = at;
  }

  #next(): LaneCall | undefined {
    return this.#submits.first ?? this.#reads.first;
  }

  #hasRoom(): boolean {
    return !this.#closed && this.#inFlight < this.#budget.maxInFlight && this.#probe === undefined;
  }

  #opensAt(): number {
    return Math.max(this.#nextStart, this.#pausedUntil ?? -Infinity);
  }

  #start(call: LaneCall, now: number): void {
    call.list?.remove(call);
    this.#inFlight += 1;
    this.#nextStart = now + 1000 / this.#budget.requestsPerSecond;
    if (this.#pausedUntil !== undefined) this.#probe = call;
    call.start(now);
  }
}
