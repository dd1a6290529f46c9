import { filter, type Observable, tap, withLatestFrom } from 'rxjs';
import { calm$ } from '../dom/clock.js';
import type { Change } from '../songs/change.js';

/** Scrolls to a part of the page when something is ordered and that part is below the window, as on a phone. */
export function bringIntoView$(part: HTMLElement, changes$: Observable<Change>): Observable<unknown> {
  return changes$.pipe(
    filter(({ type }) => type === 'ordered'),
    withLatestFrom(calm$),
    tap(([, calm]) => {
      const below = part.getBoundingClientRect().top > innerHeight - 120;
      if (below) part.scrollIntoView({ block: 'start', behavior: calm ? 'auto' : 'smooth' });
    }),
  );
}
