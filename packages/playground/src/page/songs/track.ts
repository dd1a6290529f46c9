import type { JobState } from '@whisul-rx/core';

/** Where a prompt is on its way to a song. `problem`: it is not known how it ended, or it was never sent. */
export type Phase = 'waiting' | 'sending' | JobState['status'] | 'problem';

/** When a phase began, in epoch ms. */
export interface Step {
  readonly phase: Phase;
  readonly at: number;
}

/** One prompt and all that happened to it since it was ordered, further attempts included. */
export interface Track {
  /** Names it on this page, before and after it has a job. */
  readonly key: string;
  readonly prompt: string;
  /** In order, never empty; each attempt begins with `waiting`. */
  readonly steps: readonly [Step, ...Step[]];
  readonly jobId?: string | undefined;
  readonly job?: JobState | undefined;
  /** A sentence for the user, in the phase `problem`. */
  readonly problem?: string | undefined;
}

/** The step that a track is in. */
export function currentStep({ steps }: Track): Step {
  return steps.at(-1) ?? steps[0];
}

/** Whether more is to come by itself. */
export function isLive(track: Track): boolean {
  const { phase } = currentStep(track);
  return phase !== 'completed' && phase !== 'failed' && phase !== 'problem';
}

/** The steps of the latest attempt. */
export function latestAttempt({ steps }: Track): readonly Step[] {
  return steps.slice(Math.max(0, steps.map(({ phase }) => phase).lastIndexOf('waiting')));
}

/** When the latest attempt left the page, or `undefined` while it waits. */
export function sentAt(track: Track): number | undefined {
  return latestAttempt(track).find(({ phase }) => phase !== 'waiting')?.at;
}
