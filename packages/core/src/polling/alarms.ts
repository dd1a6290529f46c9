import { asyncScheduler, Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { type Linked, LinkedList } from './linked-list.js';
import { popLeast, pushNumber } from './number-heap.js';

/** Something to be done at a time. An object of one class, so that the engine finds its fields at once. */
export class Alarm implements Linked<Alarm> {
  readonly ring: () => void;
  /** Whether it keeps the timer, and so the process, alive. */
  readonly counts: boolean;
  /** Those of the same millisecond; `undefined` while it is not set. */
  list: LinkedList<Alarm> | undefined = undefined;
  before: Alarm | undefined = undefined;
  after: Alarm | undefined = undefined;

  constructor(ring: () => void, counts = true) {
    this.ring = ring;
    this.counts = counts;
  }
}

/** By how many ms a timer may fire early, or late on a busy machine, without a doubt about the clock. */
const clockTolerance = { early: 100, late: 5_000 };

/** From how many alarms on {@link Alarms.setRoughly} rounds up, and to what, in ms: a turn costs more than a poll. */
const many = 200;
const grid = 10;

/** The longest wait a platform timer can hold; a longer one would fire at once. */
const longest = 2 ** 31 - 1;

/**
 * All waits of a client behind one timer of the scheduler: an RxJS `timer` for each costs 3 us a poll and half a KB a
 * job. Alarms for the same millisecond share a list; a heap of plain numbers tells the earliest one. A timer that
 * fires early, as platform timers may by a millisecond, or that could not hold the whole wait, is set again: no alarm
 * rings before its time. With no alarm set there is no timer. A clock that is set back stops nothing, and one
 * that is set forward, or went on while the machine slept, ends nothing: a timer tells how much time has passed.
 */
export class Alarms {
  readonly #scheduler: SchedulerLike;
  /** Times are counted from here, which keeps them small integers. */
  readonly #epoch: number;
  readonly #lists = new Map<number, LinkedList<Alarm>>();
  readonly #times: number[] = [];
  #count = 0;
  /** Only the default scheduler tells the wall's time, which somebody may set. */
  readonly #isWall: boolean;
  /** By how many ms the scheduler's clock has been set back, or forward where this is negative. */
  #setBack = 0;
  /** A clock that tells anything else was set: time does not run back, and until the timer fires not far beyond it. */
  #earliest = -Infinity;
  #latest = Infinity;
  #timer: Subscription | undefined;
  #timerTime = Infinity;
  #ringing = false;

  constructor(scheduler: SchedulerLike) {
    this.#scheduler = scheduler;
    this.#isWall = scheduler === asyncScheduler;
    this.#epoch = Math.floor(scheduler.now());
  }

  /** The scheduler's time, but for what its clock was set. */
  now(): number {
    const told = this.#scheduler.now() + this.#setBack;
    if (!this.#isWall) return told;
    const now = told < this.#earliest || told > this.#latest ? this.#earliest : told;
    this.#setBack += now - told;
    this.#earliest = now;
    return now;
  }

  /** Sets an alarm to a time of {@link Alarms.now}, or to another time. */
  set(alarm: Alarm, due: number): void {
    this.#remove(alarm);
    const time = Math.ceil(due - this.#epoch);
    let list = this.#lists.get(time);
    if (list === undefined) {
      list = new LinkedList();
      this.#lists.set(time, list);
      pushNumber(this.#times, time);
    }
    list.push(alarm);
    if (alarm.counts) this.#count += 1;
    if (time < this.#timerTime) this.#wind();
  }

  /** The same for an alarm that may ring a little late: where there are many, neighbours share a turn of the event loop. */
  setRoughly(alarm: Alarm, due: number): void {
    this.set(alarm, this.#count < many ? due : Math.ceil(due / grid) * grid);
  }

  clear(alarm: Alarm): void {
    this.#remove(alarm);
    if (this.#count === 0) this.#wind();
  }

  /** Keeps the timer alive for alarms that do not count, until it is called with -1. */
  keepAlive(by: 1 | -1): void {
    this.#count += by;
    if (this.#count === 0 || this.#timer === undefined) this.#wind();
  }

  /** Emits once, in `ms`; unsubscribing clears the alarm. */
  after$(ms: number): Observable<0> {
    return new Observable((subscriber) => {
      const alarm = new Alarm(() => {
        subscriber.next(0);
        subscriber.complete();
      });
      this.set(alarm, this.now() + ms);
      return () => {
        this.clear(alarm);
      };
    });
  }

  /** An emptied list stays until its time. */
  #remove(alarm: Alarm): void {
    if (alarm.list?.remove(alarm) && alarm.counts) this.#count -= 1;
  }

  /** Sets the timer to the earliest list, or takes it away when there is nothing to wait for. */
  #wind(): void {
    if (this.#ringing) return;
    const began = this.now();
    this.#timer?.unsubscribe();
    this.#timer = undefined;
    this.#timerTime = this.#latest = Infinity;
    const time = this.#times[0];
    if (time === undefined || this.#count === 0) return;
    this.#timerTime = time;
    const wait = Math.min(Math.max(0, Math.ceil(this.#epoch + time - began)), longest);
    this.#latest = began + wait + clockTolerance.late;
    this.#timer = this.#scheduler.schedule(() => {
      this.#earliest = Math.max(this.#earliest, began + wait - clockTolerance.early);
      this.#ringDue();
    }, wait);
  }

  #ringDue(): void {
    const now = this.now() - this.#epoch;
    this.#latest = Infinity;
    this.#ringing = true;
    try {
      // Only what is due now: an alarm that is set meanwhile waits for the next turn, or it could hold this one for ever.
      const due: LinkedList<Alarm>[] = [];
      for (let time = this.#times[0]; time !== undefined && time <= now; time = this.#times[0]) {
        popLeast(this.#times);
        const list = this.#lists.get(time);
        this.#lists.delete(time);
        if (list !== undefined) due.push(list);
      }
      for (const list of due) {
        for (let alarm = list.first; alarm !== undefined; alarm = list.first) {
          this.#remove(alarm);
          alarm.ring();
        }
      }
    } finally {
      this.#ringing = false;
      this.#wind();
    }
  }
}
