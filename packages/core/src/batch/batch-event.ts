import type { JobState } from '../model/job-schema.js';
import type { WhisulError } from '../model/whisul-error.js';

/**
 * What a batch tells: a state of an item's job, or the problem that ended the item. `index` counts the items as they
 * were pulled, from 0; `attempt` counts the item's submits, from 1.
 */
export type BatchEvent =
  | { type: 'state'; index: number; key: string; attempt: number; job: JobState }
  | { type: 'problem'; index: number; key: string; error: WhisulError };
