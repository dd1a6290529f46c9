import { Observable, type SchedulerLike, Subscription } from 'rxjs';
import { longTimer$ } from '../polling/long-timer.js';

/** How many requests a client may make. All its calls share it. */
export interface RequestBudget {
  /** Requests start at least 1000 / this ms apart, without bursts. At least 0.001. @defaultValue Infinity */
  readonly requestsPerSecond: number;
  /** Requests in flight at the same time, at least 1. @defaultValue 32 */
  readonly maxInFlight: number;
}

/** A call's place in the lane. The call says how it went; one that says nothing was withdrawn. */
export class Turn {
  outcome: 'answered' | 'unanswered' | 'withdrawn' = 'withdrawn';
  readonly kind: 'submit' | 'read';
  readonly start: () => void;

  constructor(kind: 'submit' | 'read', start: () => void) {
    this.kind = kind;
    this.start = start;
  }
}

/**
 * The one lane through which all requests of a client go: budget, order, and the gate that a 429 closes.
 * Submits go first, then reads in the order in which they fell due; while both wait, every second start is a read.
 * After a 429 nothing goes until its time has passed, then one call goes as a probe. The lane opens when the probe's
 * answer is not another 429.
 */
export class RequestLane {
  readonly #budget: RequestBudget;
  readonly #scheduler: SchedulerLike;
  readonly #now: () => number;
  readonly #onGate: (pausedFor: number | undefined) => void;
  readonly #submits = new Set<Turn>();
  readonly #reads = new Set<Turn>();
  #wake = Subscription.EMPTY;
  #wakeAt = 0;
  #inFlight = 0;
  #nextStart = -Infinity;
  #pausedUntil: number | undefined;
  #probe: Turn | undefined;
  /** A submit has just started while reads were waiting. */
  #readIsNext = false;
  /** A caller has left, and may be about to take back what waits, too: nothing of that starts in this turn. */
  #yields = false;
  #closed = false;

  /** @param onGate - is told when the gate closes, with the ms until it opens, and `undefined` when it has opened */
  constructor(
    budget: RequestBudget,
    scheduler: SchedulerLike,
    now: () => number,
    onGate: (pausedFor: number | undefined) => void,
  ) {
    this.#budget = budget;
    this.#scheduler = scheduler;
    this.#now = now;
    this.#onGate = onGate;
  }

  /**
   * Subscribes a call when its turn comes. Unsubscribing takes it back, whether it waits or is in flight. The call
   * delivers before it makes room: a 429 has to close the gate before the next call starts.
   */
  run$<T>(kind: 'submit' | 'read', send$: (turn: Turn) => Observable<T>): Observable<T> {
    const queue = kind === 'submit' ? this.#submits : this.#reads;
    return new Observable((subscriber) => {
      const turn = new Turn(kind, () => {
        send$(turn).subscribe(subscriber);
        subscriber.add(() => {
          this.#leave(turn);
        });
      });
      // What may start at once never enters a queue: a Set costs 2 us a poll.
      if (this.#hasRoom() && this.#next() === undefined && this.#opensAt() <= this.#now()) {
        this.#start(turn);
        return;
      }
      queue.add(turn);
      subscriber.add(() => {
        if (queue.delete(turn)) this.#advance();
      });
      this.#advance();
    });
  }

  /** Starts nothing any more. What is in flight goes on. */
  close(): void {
    this.#closed = true;
    this.#wake.unsubscribe();
  }

  /** Closes the gate for that many ms, or leaves it closed for longer. Call it before the 429's call leaves. */
  pause(ms: number): void {
    const until = this.#now() + ms;
    if (this.#pausedUntil !== undefined && until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#onGate(ms);
  }

  /** The head of a 429 is in: until its call has left nothing else starts. */
  hold(turn: Turn): void {
    this.#probe ??= turn;
  }

  /** The next one starts at once, unless a caller has left: a POST that is started cannot be taken back. */
  #leave(turn: Turn): void {
    this.#inFlight -= 1;
    if (turn === this.#probe) {
      this.#probe = undefined;
      if (turn.outcome === 'answered' && this.#pausedUntil !== undefined && this.#now() >= this.#pausedUntil) {
        this.#pausedUntil = undefined;
        this.#onGate(undefined);
      }
    }
    if (turn.outcome === 'withdrawn') this.#yields = this.#next() !== undefined;
    this.#advance();
  }

  #advance(): void {
    for (let turn = this.#next(); turn !== undefined && this.#hasRoom(); turn = this.#next()) {
      const now = this.#now();
      const opensAt = Math.max(this.#opensAt(), now);
      if (now < opensAt || this.#yields) {
        this.#wakeUp(opensAt, opensAt - now);
        return;
      }
      this.#submits.delete(turn);
      this.#reads.delete(turn);
      this.#start(turn);
    }
    this.#wake.unsubscribe();
  }

  #wakeUp(at: number, wait: number): void {
    if (!this.#wake.closed && this.#wakeAt === at) return;
    this.#wake.unsubscribe();
    this.#wakeAt = at;
    this.#wake = longTimer$(wait, this.#scheduler).subscribe(() => {
      this.#wake = Subscription.EMPTY;
      this.#yields = false;
      this.#advance();
    });
  }

  #next(): Turn | undefined {
    const submit = first(this.#submits);
    const read = first(this.#reads);
    return this.#readIsNext ? (read ?? submit) : (submit ?? read);
  }

  #hasRoom(): boolean {
    return !this.#closed && this.#inFlight < this.#budget.maxInFlight && this.#probe === undefined;
  }

  #opensAt(): number {
    return Math.max(this.#nextStart, this.#pausedUntil ?? -Infinity);
  }

  #start(turn: Turn): void {
    this.#inFlight += 1;
    this.#nextStart = this.#now() + 1000 / this.#budget.requestsPerSecond;
    this.#readIsNext = turn.kind === 'submit' && this.#reads.size > 0;
    if (this.#pausedUntil !== undefined) this.#probe = turn;
    turn.start();
  }
}

function first(turns: Set<Turn>): Turn | undefined {
  for (const turn of turns) return turn;
  return undefined;
}
