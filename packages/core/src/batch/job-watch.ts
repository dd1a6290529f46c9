import type { Observable, Observer, Subscription } from 'rxjs';
import type { JobState } from '../model/job-schema.js';
import { submissionOf, type Submission } from '../model/submission.js';

/** The subscription of one item to the stream of its job. */
export class JobWatch {
  #states$: Observable<JobState> | undefined;
  #subscription: Subscription | undefined;
  stopped = false;

  /** What the engine tells of the POST; `undefined` before there is one, and where it tells nothing. */
  get submission(): Submission | undefined {
    return this.#states$ && submissionOf(this.#states$);
  }

  start(states$: Observable<JobState>, observer: Observer<JobState>): void {
    this.#states$ = states$;
    this.#subscription = states$.subscribe(observer);
    // What answers at once is stopped before there is anything to unsubscribe.
    if (this.stopped) this.stop();
  }

  stop(): void {
    this.stopped = true;
    this.#subscription?.unsubscribe();
  }
}
