import {
  animationFrames,
  catchError,
  combineLatest,
  EMPTY,
  fromEvent,
  map,
  merge,
  type Observable,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { calm$ } from '../dom/clock.js';
import { element } from '../dom/element.js';
import { formatClock } from '../dom/format-time.js';
import { icon } from '../dom/icon.js';
import { seen$ } from '../dom/seen.js';
import { loadSound$ } from './load-sound.js';
import { waveform } from './waveform.js';

const bars = 96;
const flat = Array.from({ length: bars }, () => 0);

/** A player for one song. */
export interface Player {
  readonly view: HTMLElement;
  /** What keeps it going; never emits a value that matters. */
  readonly run$: Observable<unknown>;
}

/** A button, a waveform to seek in, and the time. The song is loaded when the player is about to be seen. */
export function createPlayer(song: URL, { title, duration }: { title: string; duration: number }): Player {
  const audio = element('audio', { preload: 'none', src: song.href });
  const button = element('button', { type: 'button', class: 'play', 'aria-label': `Play ${title}` }, icon('play'));
  const seek = element('input', {
    type: 'range',
    min: '0',
    step: '0.1',
    value: '0',
    'aria-label': `Position in ${title}`,
  });
  const waves = element('div', { class: 'waves' }, ...waveform(flat), seek);
  const time = element('span', { class: 'time' });
  const hint = element('p', { class: 'player-hint', hidden: '' }, 'The song could not be loaded.');
  const view = element('div', { class: 'player' }, button, waves, time, audio, hint);

  const length = (): number => (Number.isFinite(audio.duration) ? audio.duration : duration);
  const show = (): void => {
    const whole = length();
    const part = whole > 0 ? Math.min(1, audio.currentTime / whole) : 0;
    waves.style.setProperty('--played', String(part));
    seek.max = String(whole);
    seek.value = String(audio.currentTime);
    seek.setAttribute('aria-valuetext', `${formatClock(audio.currentTime)} of ${formatClock(whole)}`);
    const text = `${formatClock(audio.currentTime)} / ${formatClock(whole)}`;
    if (time.textContent !== text) time.textContent = text;
  };
  const showButton = (): void => {
    button.setAttribute('aria-label', `${audio.paused ? 'Play' : 'Pause'} ${title}`);
    button.replaceChildren(icon(audio.paused ? 'play' : 'pause'));
    view.dataset['playing'] = String(!audio.paused);
  };
  show();

  const sound$ = seen$(view).pipe(
    switchMap(() => loadSound$(song, bars)),
    tap(({ url, peaks }) => {
      waves.replaceChildren(...waveform(peaks), seek);
      // One that plays already goes on from where it came from.
      if (audio.paused && audio.currentTime === 0) {
        audio.preload = 'metadata';
        audio.src = url;
      }
    }),
    // Another site may not let its songs be read. They can be played nevertheless.
    catchError(() => EMPTY),
  );
  const clicks$ = fromEvent(button, 'click').pipe(
    tap(() => {
      // It rejects when it is paused before it began; a song that cannot be played has an event of its own.
      if (audio.paused) audio.play().catch(() => undefined);
      else audio.pause();
    }),
  );
  const seeks$ = fromEvent(seek, 'input').pipe(
    tap(() => {
      audio.currentTime = Number(seek.value);
      show();
    }),
  );
  const states$ = merge(...['play', 'pause', 'ended'].map((name) => fromEvent(audio, name))).pipe(tap(showButton));
  const times$ = merge(fromEvent(audio, 'timeupdate'), fromEvent(audio, 'loadedmetadata')).pipe(tap(show));
  // Four times a second, as `timeupdate` comes, is not smooth.
  const frames$ = combineLatest([states$, calm$]).pipe(
    map(([, calm]) => !audio.paused && !calm),
    switchMap((moving) => (moving ? animationFrames() : EMPTY)),
    tap(show),
  );
  const errors$ = fromEvent(audio, 'error').pipe(
    take(1),
    tap(() => hint.removeAttribute('hidden')),
  );
  return { view, run$: merge(sound$, clicks$, seeks$, times$, frames$, errors$) };
}
