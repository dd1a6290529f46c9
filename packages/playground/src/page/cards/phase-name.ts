import type { Phase } from '../songs/track.js';

/** What a phase is called on the page. */
export const phaseName: Readonly<Record<Phase, string>> = {
  waiting: 'Waiting',
  sending: 'Sending',
  submitted: 'Accepted',
  running: 'In the making',
  completed: 'Ready',
  failed: 'Failed',
  problem: 'Problem',
};
