import { Alarm, type Alarms } from './alarms.js';
import { type Linked, LinkedList } from './linked-list.js';

/** Something that has to be done within the time that its {@link Timeouts} allow. */
export interface Timed<T extends Timed<T>> extends Linked<T> {
  /** When its time is over, while it is in the queue. */
  deadline: number;
  /** Its time is over. */
  expire(): void;
}

/**
 * Timeouts that all last equally long, so that the one begun first ends first: a queue behind one alarm. Beginning and
 * ending one costs a tenth of a timer.
 */
export class Timeouts<T extends Timed<T>> {
  readonly #alarms: Alarms;
  readonly #ms: number;
  readonly #queue = new LinkedList<T>();
  readonly #alarm = new Alarm(() => {
    this.#expire();
  }, false);

  constructor(alarms: Alarms, ms: number) {
    this.#alarms = alarms;
    this.#ms = ms;
  }

  /** @param now - the time of {@link Alarms.now}, where the caller knows it already */
  begin(timed: T, now = this.#alarms.now()): void {
    if (this.#ms === Infinity) return;
    this.end(timed);
    timed.deadline = now + this.#ms;
    this.#queue.push(timed);
    if (this.#alarm.list === undefined) this.#alarms.set(this.#alarm, timed.deadline);
    if (timed === this.#queue.first) this.#alarms.keepAlive(1);
  }

  end(timed: T): void {
    // The alarm stays where it was set: at worst it rings for nothing, once in the length of a timeout.
    if (this.#queue.remove(timed) && this.#queue.first === undefined) this.#alarms.keepAlive(-1);
  }

  #expire(): void {
    const now = this.#alarms.now();
    for (let timed = this.#queue.first; timed !== undefined; timed = this.#queue.first) {
      if (timed.deadline > now) {
        this.#alarms.set(this.#alarm, timed.deadline);
        return;
      }
      this.end(timed);
      timed.expire();
    }
  }
}
