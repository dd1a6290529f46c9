import { type SchedulerAction, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';

/** A scheduler that is moved by hand, and whose clock and timers can be as wrong as real ones. */
export interface HandScheduler extends SchedulerLike {
  /** Time goes on: timers fire in their order. */
  advance(ms: number): void;
  /** The clock is set, which timers do not notice. */
  setClock(by: number): void;
  /** So many ms a timer fires before its time. */
  early: number;
  /** Ms that have really passed. */
  readonly passed: number;
  /** Timers that are set. */
  readonly timers: number;
  /** The longest wait that was ever asked for. */
  readonly longest: number;
}

export function handScheduler(): HandScheduler {
  const virtual = new VirtualTimeScheduler(undefined, 0);
  let offset = 1_000_000;
  let longest = 0;
  return {
    early: 0,
    now: () => virtual.frame + offset,
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T) {
      longest = Math.max(longest, delay);
      return virtual.schedule(work, delay > this.early ? delay - this.early : delay, state);
    },
    advance: (ms) => {
      const end = virtual.frame + ms;
      virtual.maxFrames = end;
      virtual.flush();
      virtual.frame = end;
    },
    setClock: (by) => {
      offset += by;
    },
    get passed() {
      return virtual.frame;
    },
    get timers() {
      return virtual.actions.length;
    },
    get longest() {
      return longest;
    },
  };
}
