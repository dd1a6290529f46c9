import type { Observable, Observer, Subscription } from 'rxjs';
import type { JobState } from '../model/job-schema.js';
import { submissionOf, type Submission } from '../model/submission.js';
import { WhisulError } from '../model/whisul-error.js';

/** The subscription of one item to the stream of its job, and what is known of the POST behind it. */
export class JobWatch {
  #states$: Observable<JobState> | undefined;
  #subscription: Subscription | undefined;
  #stopped = false;

  /** What the engine tells of the POST; `undefined` before there is one, and where it tells nothing. */
  get submission(): Submission | undefined {
    return this.#states$ && submissionOf(this.#states$);
  }

  start(states$: Observable<JobState>, observer: Observer<JobState>): void {
    this.#states$ = states$;
    this.#subscription = states$.subscribe(observer);
    // What answers at once is stopped before there is anything to unsubscribe.
    if (this.#stopped) this.stop();
  }

  stop(): void {
    this.#stopped = true;
    this.#subscription?.unsubscribe();
  }

  /**
   * Takes back a POST that waits for its turn in the engine. One that has begun is watched, and so is a stream whose
   * engine does not tell.
   *
   * @param refused - called if a POST that has begun is refused: the engine would send it again
   * @returns whether nothing was sent, and nothing will be
   */
  withdraw(refused: () => void): boolean {
    const { submission } = this;
    if (!submission) return false;
    const receipt = this.#stopped ? undefined : submission.receipt;
    receipt?.catch(() => {
      if (!submission.sent) refused();
    });
    if (!receipt) this.stop();
    return !receipt;
  }

  /** Stops, and tells what becomes of a POST that has begun all the same. */
  leave({ next, error }: Observer<JobState>): void {
    const { submission } = this;
    // Else it waits for the journal and looks at the run afterwards, or for the first word of an engine that does not
    // tell whether its POST has begun: that one stays subscribed until then.
    if (!submission) return;
    this.stop();
    const { receipt } = submission;
    if (receipt) receipt.then(next, error);
    else error(new WhisulError('aborted', 'Nobody listens to the batch any more.'));
  }
}
