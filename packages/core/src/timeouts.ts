import { Alarm, type Alarms } from './alarms.js';

/** Something that has to be done within the time that its {@link Timeouts} allow. */
export interface Timed {
  /** When its time is over; `Infinity` while it is not in the queue. */
  deadline: number;
  /** Its neighbours in the queue. */
  before: Timed | undefined;
  after: Timed | undefined;
  /** Its time is over. */
  expire(): void;
}

/**
 * Timeouts that all last equally long, so that the one begun first ends first: a queue behind one alarm. Beginning and
 * ending one costs a tenth of a timer. The queue is made of the timed things themselves: a `Set` that things enter and
 * leave all the time keeps them from the collector of young garbage, which cost 7 us a request.
 */
export class Timeouts {
  readonly #alarms: Alarms;
  readonly #ms: number;
  #first: Timed | undefined;
  #last: Timed | undefined;
  readonly #alarm = new Alarm(() => {
    this.#expire();
  }, false);

  constructor(alarms: Alarms, ms: number) {
    this.#alarms = alarms;
    this.#ms = ms;
  }

  begin(timed: Timed): void {
    if (this.#ms === Infinity) return;
    this.end(timed);
    timed.deadline = this.#alarms.now() + this.#ms;
    timed.before = this.#last;
    if (this.#last === undefined) this.#first = timed;
    else this.#last.after = timed;
    this.#last = timed;
    if (this.#alarm.bucket === undefined) this.#alarms.set(this.#alarm, timed.deadline);
    if (timed === this.#first) this.#alarms.keepAlive(1);
  }

  end(timed: Timed): void {
    if (timed.deadline === Infinity) return;
    const { before, after } = timed;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    timed.deadline = Infinity;
    timed.before = timed.after = undefined;
    // The alarm stays where it was set: at worst it rings for nothing, once in the length of a timeout.
    if (this.#first === undefined) this.#alarms.keepAlive(-1);
  }

  #expire(): void {
    const now = this.#alarms.now();
    for (let timed = this.#first; timed !== undefined; timed = this.#first) {
      if (timed.deadline > now) {
        this.#alarms.set(this.#alarm, timed.deadline);
        return;
      }
      this.end(timed);
      timed.expire();
    }
  }
}
