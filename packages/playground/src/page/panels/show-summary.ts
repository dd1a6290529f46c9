import { filter, map, merge, type Observable, scan, tap } from 'rxjs';
import type { BatchProgress } from '@whisul-rx/core';
import { element } from '../dom/element.js';
import { formatElapsed } from '../dom/format-time.js';
import type { Board } from '../songs/board.js';
import type { Change } from '../songs/change.js';
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

function batchLine({ total, completed, failed, problems, eta }: BatchProgress): HTMLElement {
  const ended = completed + failed + problems;
  const rest = eta === null ? '' : `, about ${formatElapsed(Math.max(1_000, eta))} to go`;
  return element('p', { class: 'batch-line' }, `Batch: ${ended} of ${total ?? '?'} finished${rest}`);
}

/** Keeps a panel that says how many songs are where, and how far each batch is. */
export function showSummary$(
  { bar, list, batches }: { bar: HTMLElement; list: HTMLElement; batches: HTMLElement },
  board$: Observable<Board>,
  changes$: Observable<Change>,
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
    tap((running) => batches.replaceChildren(...[...running.values()].map(batchLine))),
  );
  return merge(counts$, running$);
}
