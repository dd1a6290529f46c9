import { element } from '../dom/element.js';
import { icon } from '../dom/icon.js';
import type { Action } from '../songs/action.js';
import { currentStep, type Track } from '../songs/track.js';

function reason(track: Track): string {
  if (currentStep(track).phase === 'problem') return track.problem ?? '';
  return track.job?.status === 'failed' ? track.job.error || 'Whisul gives no reason.' : '';
}

/** In place of a song that had ended when the page was left: it is being asked for, and must not be ordered again. */
export function endedDetails(): HTMLElement {
  return element('p', { class: 'elapsed' }, 'Asking the server for this song…');
}

/** Why there is no song, and what can be done about it. */
export function failedDetails(track: Track, act: (action: Action) => void): HTMLElement {
  // A job whose end is not known may still be running: to ask again costs nothing, to order again does.
  const followable = currentStep(track).phase === 'problem' && track.jobId !== undefined;
  const again = element('button', { type: 'button', class: 'again' }, icon('again'), 'Try again');
  again.setAttribute('aria-label', `Try again: ${track.prompt}`);
  again.addEventListener('click', () => act({ type: 'again', track }));
  const actions = element('div', { class: 'actions' }, again);
  if (followable) {
    const follow = element('button', { type: 'button' }, 'Ask the server again');
    follow.addEventListener('click', () => act({ type: 'follow', track }));
    actions.prepend(follow);
  }
  return element('div', { class: 'failure' }, element('p', {}, icon('warning'), reason(track)), actions);
}
