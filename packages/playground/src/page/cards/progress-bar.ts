import { combineLatest, map, type Observable, tap } from 'rxjs';
import { clock$ } from '../dom/clock.js';
import { element } from '../dom/element.js';
import { formatElapsed } from '../dom/format-time.js';
import { elapsedOf, progressOf } from '../songs/progress-of.js';
import { sentAt, type Track } from '../songs/track.js';

/** The bar and the time of a song in the making. */
export interface ProgressBar {
  readonly view: HTMLElement;
  readonly run$: Observable<unknown>;
}

/**
 * A bar that fills as such jobs usually go, and the time so far.
 *
 * @param usual$ - how long jobs usually take, in ms
 */
export function createProgressBar(track: Track, usual$: Observable<number>): ProgressBar {
  const fill = element('span', { class: 'bar-fill' });
  const bar = element(
    'div',
    {
      class: 'bar',
      role: 'progressbar',
      'aria-label': `Progress of ${track.prompt}`,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    fill,
  );
  const text = element('p', { class: 'elapsed' });
  const view = element('div', { class: 'progress' }, bar, text);
  if (sentAt(track) === undefined) {
    text.textContent = 'Waits until a place is free';
    bar.dataset['idle'] = '';
  }
  const run$ = combineLatest([clock$, usual$]).pipe(
    map(([now, usual]) => ({ elapsed: elapsedOf(track, now), usual })),
    tap(({ elapsed, usual }) => {
      if (sentAt(track) === undefined) return;
      const part = progressOf(elapsed, usual);
      fill.style.setProperty('--part', part.toFixed(3));
      // In steps, so that screen readers are not told ten times a second.
      bar.setAttribute('aria-valuenow', String(Math.floor(part * 20) * 5));
      const sentence =
        elapsed > usual * 1.5
          ? `${formatElapsed(elapsed)}, longer than usual`
          : `${formatElapsed(elapsed)} of usually ${formatElapsed(usual)}`;
      if (text.textContent !== sentence) text.textContent = sentence;
    }),
  );
  return { view, run$ };
}
