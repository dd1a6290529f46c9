import { createSseSource } from '@whisul-rx/sse/client';
import { distinctUntilChanged, map, merge, of, scan, share, shareReplay, startWith, Subject, tap } from 'rxjs';
import { keepCards$ } from './cards/keep-cards.js';
import { byId } from './dom/by-id.js';
import { announce$ } from './panels/announce.js';
import { bringIntoView$ } from './panels/bring-into-view.js';
import { confirmPayment$ } from './panels/confirm-payment.js';
import { batchOrders$, promptOrders$ } from './panels/prompt-forms.js';
import { settings$, type Settings } from './panels/read-settings.js';
import { clears$, showClear$, showConnection$, showKept$, showMode, showWhether$ } from './panels/show-state.js';
import { showSummary$ } from './panels/show-summary.js';
import { playOne$ } from './player/play-one.js';
import type { Action } from './songs/action.js';
import { applyChange, type Board } from './songs/board.js';
import { performActions } from './songs/perform-actions.js';
import { usualDuration } from './songs/progress-of.js';
import { resumeTracks$ } from './songs/resume-tracks.js';
import { openSavedTracks } from './songs/saved-tracks.js';
import { isLive } from './songs/track.js';
import { connectionLost$, watchConnection } from './songs/watch-connection.js';
import { drawTimeline$ } from './timeline/draw-timeline.js';

/** Actions of the user become changes, changes become the board, and every part of the page shows the board. */
function start(settings: Settings): void {
  const connection = watchConnection(globalThis.fetch);
  const source = createSseSource({
    url: '/jobs',
    credentials: 'same-origin',
    fetch: connection.fetch,
    // Somebody watches: they would rather wait than press a button.
    retry: { baseDelay: 500, maxDelay: 4_000, maxFailures: 1_000 },
  });
  const saved = openSavedTracks(() => localStorage);
  const actions = new Subject<Action>();
  const act = (action: Action): void => {
    actions.next(action);
  };
  const means = { engine: source, reach$: settings$, confirm$: settings.paid ? confirmPayment$ : () => of(true) };
  const changes$ = merge(resumeTracks$(source, saved.tracks), actions.pipe(performActions(means))).pipe(share());
  const empty: Board = new Map();
  const board$ = changes$.pipe(
    scan((board, change) => applyChange(board, change, Date.now()), empty),
    startWith(empty),
    distinctUntilChanged(),
    shareReplay({ bufferSize: 1, refCount: false }),
  );
  const awaited$ = board$.pipe(map((board) => [...board.values()].some(isLive)));
  const usual$ = board$.pipe(
    map((board) => usualDuration(board, settings.usualDuration)),
    distinctUntilChanged(),
  );

  showMode(settings);
  const summary = {
    bar: byId('summary-bar', HTMLElement),
    list: byId('summary-list', HTMLElement),
    batches: byId('batches', HTMLElement),
  };
  merge(
    keepCards$(byId('cards', HTMLElement), board$, { usual$, act }),
    drawTimeline$(byId('timeline', SVGSVGElement), byId('timeline-frame', HTMLElement), board$),
    showSummary$(summary, board$, changes$, usual$),
    showWhether$(board$),
    showClear$(board$),
    showConnection$(connectionLost$(connection.up$, awaited$)),
    bringIntoView$(byId('overview', HTMLElement), changes$),
    announce$(byId('news', HTMLElement), board$),
    playOne$(),
    showKept$(board$.pipe(map((board) => saved.save(board)))),
    merge(promptOrders$(), batchOrders$(), clears$(board$)).pipe(tap(act)),
  ).subscribe();
}

settings$.subscribe({
  next: start,
  error: () => {
    byId('mode', HTMLElement).textContent = '';
    byId('empty', HTMLElement).toggleAttribute('hidden', true);
    for (const form of ['one', 'many']) byId(form, HTMLFormElement).inert = true;
    byId('broken', HTMLElement).removeAttribute('hidden');
  },
});
