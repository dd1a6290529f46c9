import type { Observable } from 'rxjs';
import type { BatchEvent } from '../src/batch/batch-event.js';
import { isWhisulError, type WhisulError } from '../src/model/whisul-error.js';

export interface Collected {
  /** The events in short: the key, then the status or the problem's code. */
  readonly said: string[];
  readonly problems: WhisulError[];
  /** `complete`, or the code of the stream's error. */
  readonly end: string;
}

/** Everything that a batch says, when it has ended. */
export function collectBatch(events$: Observable<BatchEvent>): Promise<Collected> {
  const said: string[] = [];
  const problems: WhisulError[] = [];
  return new Promise((resolve) => {
    events$.subscribe({
      next: (event) => {
        if (event.type === 'problem') problems.push(event.error);
        said.push(`${event.key} ${event.type === 'state' ? event.job.status : event.error.code}`);
      },
      error: (error: unknown) => {
        resolve({ said, problems, end: isWhisulError(error) ? error.code : String(error) });
      },
      complete: () => {
        resolve({ said, problems, end: 'complete' });
      },
    });
  });
}

/** Lets everything that waits for a promise only go on. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
