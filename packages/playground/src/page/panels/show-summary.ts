import {
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  merge,
  type Observable,
  of,
  scan,
  startWith,
  switchMap,
  tap,
} from 'rxjs';
import type { BatchProgress } from '@whisul-rx/core';
import { clock$ } from '../dom/clock.js';
import { element } from '../dom/element.js';
import { formatElapsed } from '../dom/format-time.js';
import type { Board } from '../songs/board.js';
import type { Change } from '../songs/change.js';
import { restOf } from '../songs/progress-of.js';
import { isLive } from '../songs/track.js';
import { type Counts, countsOf } from './counts-of.js';

const words: Readonly<Record<keyof Counts, string>> = {
  ready: 'ready',
  making: 'in the making',
  waiting: 'waiting',
  failed: 'failed',
  problem: 'with a problem',
};
const kinds = ['ready', 'making', 'waiting', 'failed', 'problem'] as const;

function part(kind: keyof Counts, count: number): { segment: HTMLElement; item: HTMLElement } {
  const segment = element('span', { class: `segment ${kind}` });
  segment.style.setProperty('--count', String(count));
  return { segment, item: element('li', { class: kind }, element('b', {}, String(count)), ` ${words[kind]}`) };
}

/** The batches that are under way, by name. */
type Running = ReadonlyMap<string, BatchProgress>;

function batchLine({ total, completed, failed, problems, eta }: BatchProgress): string {
  const ended = completed + failed + problems;
  const rest = eta === null ? '' : `, about ${formatElapsed(Math.max(1_000, eta))} to go`;
  return `Batch: ${ended} of ${total ?? '?'} finished${rest}`;
}

/** The same where no batch is under way: after a reload, and for songs that were ordered one by one. */
function restLine$(board: Board, usual: number): Observable<string> {
  const { length } = [...board.values()].filter(isLive);
  if (length < 2) return of('');
  return clock$.pipe(
    map((now) => {
      const rest = restOf(board, usual, now);
      return `${length} songs on their way, ${rest > 0 ? `about ${formatElapsed(Math.max(1_000, rest))} to go` : 'longer than usual'}`;
    }),
  );
}

/** Keeps a panel that says how many songs are where, and how far each batch is. */
export function showSummary$(
  { bar, list, batches }: { bar: HTMLElement; list: HTMLElement; batches: HTMLElement },
  board$: Observable<Board>,
  changes$: Observable<Change>,
  usual$: Observable<number>,
): Observable<unknown> {
  const counts$ = board$.pipe(
    map(countsOf),
    tap((counts) => {
      const parts = kinds.filter((kind) => counts[kind] > 0).map((kind) => part(kind, counts[kind]));
      bar.replaceChildren(...parts.map(({ segment }) => segment));
      list.replaceChildren(...parts.map(({ item }) => item));
    }),
  );
  const running$ = changes$.pipe(
    filter((change) => change.type === 'progress'),
    scan((running: Running, { batch, progress }) => {
      const next = new Map(running);
      // A single song has its own bar.
      if (progress === null) next.delete(batch);
      else if ((progress.total ?? 0) > 1) next.set(batch, progress);
      return next;
    }, new Map()),
    startWith<Running>(new Map()),
  );
  const batches$ = combineLatest([running$, board$, usual$]).pipe(
    switchMap(([running, board, usual]) =>
      running.size > 0 ? of([...running.values()].map(batchLine)) : restLine$(board, usual).pipe(map((line) => [line])),
    ),
    distinctUntilChanged((before, after) => before.join('|') === after.join('|')),
    tap((lines) => {
      const shown = lines.filter((line) => line !== '');
      batches.replaceChildren(...shown.map((line) => element('p', { class: 'batch-line' }, line)));
    }),
  );
  return merge(counts$, batches$);
}
