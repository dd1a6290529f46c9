import { distinctUntilChanged, fromEvent, map, type Observable, tap, withLatestFrom } from 'rxjs';
import { byId } from '../dom/by-id.js';
import { formatElapsed } from '../dom/format-time.js';
import type { Action } from '../songs/action.js';
import type { Board } from '../songs/board.js';
import { isLive } from '../songs/track.js';
import type { Settings } from './read-settings.js';

/** Says whether songs cost money. */
export function showMode({ paid, usualDuration }: Settings): void {
  const mode = byId('mode', HTMLElement);
  mode.dataset['paid'] = String(paid);
  mode.textContent = paid
    ? 'Real Whisul, with the key of the server: every song costs money. You are asked before each order.'
    : `Emulated Whisul: costs nothing. Songs take about ${formatElapsed(usualDuration)}, and some fail.`;
}

/** Shows summary, timeline and list only where there are songs. */
export function showWhether$(board$: Observable<Board>): Observable<unknown> {
  return board$.pipe(
    map((board) => board.size > 0),
    distinctUntilChanged(),
    tap((any) => {
      byId('overview', HTMLElement).toggleAttribute('hidden', !any);
      byId('songs', HTMLElement).toggleAttribute('hidden', !any);
      byId('empty', HTMLElement).toggleAttribute('hidden', any);
    }),
  );
}

/** Shows the banner while the connection is lost. */
export function showConnection$(lost$: Observable<boolean>): Observable<unknown> {
  const banner = byId('banner', HTMLElement);
  return lost$.pipe(
    tap((lost) => {
      banner.dataset['shown'] = String(lost);
      // Text that comes into a live region is read out.
      byId('banner-text', HTMLElement).textContent = lost
        ? 'Connection lost. Your songs are still being made. Connecting again…'
        : '';
    }),
  );
}

/** Says so while the browser does not keep the songs over a reload. */
export function showKept$(kept$: Observable<boolean>): Observable<unknown> {
  return kept$.pipe(
    distinctUntilChanged(),
    tap((kept) => byId('forgetful', HTMLElement).toggleAttribute('hidden', kept)),
  );
}

/** Offers “Clear finished” only where there is something to clear. The focus of the button that goes stays on the page. */
export function showClear$(board$: Observable<Board>): Observable<unknown> {
  const button = byId('clear', HTMLButtonElement);
  return board$.pipe(
    map((board) => [...board.values()].some((track) => !isLive(track))),
    distinctUntilChanged(),
    tap((any) => {
      if (!any && document.activeElement === button) byId('main', HTMLElement).focus();
      button.toggleAttribute('hidden', !any);
    }),
  );
}

/** Clicks on “Clear finished”. */
export function clears$(board$: Observable<Board>): Observable<Action> {
  return fromEvent(byId('clear', HTMLButtonElement), 'click').pipe(
    withLatestFrom(board$),
    map(([, board]) => ({
      type: 'remove',
      keys: [...board.values()].filter((track) => !isLive(track)).map(({ key }) => key),
    })),
  );
}
