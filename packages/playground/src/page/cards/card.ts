import { distinctUntilChanged, type Observable, switchMap, NEVER } from 'rxjs';
import { element } from '../dom/element.js';
import { icon } from '../dom/icon.js';
import type { Action } from '../songs/action.js';
import { elapsedOf } from '../songs/progress-of.js';
import { currentStep, isLive, type Track } from '../songs/track.js';
import { formatElapsed } from '../dom/format-time.js';
import { cover } from './cover.js';
import { endedDetails, failedDetails } from './failed-details.js';
import { phaseName } from './phase-name.js';
import { createProgressBar } from './progress-bar.js';
import { songDetails } from './song-details.js';

/** What cards need from the page. */
export interface CardContext {
  /** How long jobs usually take, in ms. */
  readonly usual$: Observable<number>;
  readonly act: (action: Action) => void;
}

/** The card of one song. */
export interface Card {
  readonly view: HTMLLIElement;
  readonly heading: HTMLElement;
  /** Draws the track and keeps the card going while it is subscribed. */
  readonly run$: Observable<unknown>;
}

/** A card that shows a track: what it is called, where it is, and what can be done with it. */
export function createCard(track$: Observable<Track>, { usual$, act }: CardContext): Card {
  const heading = element('h3', { tabindex: '-1', dir: 'auto' });
  const prompt = element('p', { class: 'prompt', dir: 'auto' });
  const pill = element('span', { class: 'pill' });
  const took = element('span', { class: 'took' });
  const head = element('div', { class: 'card-text' }, heading, prompt, element('p', { class: 'status' }, pill, took));
  const top = element('div', { class: 'card-top' });
  const body = element('div', { class: 'card-body' });
  const view = element('li', { class: 'card' }, top, body);

  const removeButton = (track: Track): HTMLButtonElement => {
    const button = element('button', { type: 'button', class: 'remove' }, icon('close'));
    button.setAttribute('aria-label', `Remove ${heading.textContent} from this page`);
    button.addEventListener('click', () => act({ type: 'remove', keys: [track.key] }));
    return button;
  };
  /** Fills the card; gives what keeps it going. */
  const draw$ = (track: Track): Observable<unknown> => {
    const { job } = track;
    const { phase } = currentStep(track);
    const title = job?.status === 'completed' && phase === 'completed' ? job.result.title : '';
    // A button that had the focus and is gone must not take the focus along.
    const focused = view.contains(document.activeElement);
    view.dataset['phase'] = phase;
    heading.textContent = title || track.prompt;
    prompt.textContent = title ? track.prompt : '';
    pill.textContent = phaseName[phase];
    took.textContent = phase === 'completed' || phase === 'failed' ? `after ${formatElapsed(elapsedOf(track, 0))}` : '';
    top.replaceChildren(cover(track), head, ...(isLive(track) ? [] : [removeButton(track)]));
    let run$: Observable<unknown> = NEVER;
    if (phase === 'completed' && job?.status === 'completed') {
      const song = songDetails(job);
      body.replaceChildren(song.view);
      run$ = song.run$;
    } else if (isLive(track)) {
      const progress = createProgressBar(track, usual$);
      body.replaceChildren(progress.view);
      run$ = progress.run$;
    } else if (phase !== 'problem' && job === undefined) body.replaceChildren(endedDetails());
    else body.replaceChildren(failedDetails(track, act));
    if (focused && !view.contains(document.activeElement)) heading.focus();
    return run$;
  };
  return { view, heading, run$: track$.pipe(distinctUntilChanged(), switchMap(draw$)) };
}
