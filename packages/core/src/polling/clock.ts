import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { SharedTimerScheduler } from './shared-timer-scheduler.js';

/**
 * The clock of all waits, in ms: the scheduler's. The default scheduler and `asyncScheduler` tell the time of day, which
 * can be set while a job runs; for these it is the time that has passed, as their timers count it.
 */
export function clockOf(scheduler: SchedulerLike): () => number {
  if (scheduler instanceof SharedTimerScheduler) return () => scheduler.elapsed();
  return scheduler === asyncScheduler ? () => performance.now() : () => scheduler.now();
}
