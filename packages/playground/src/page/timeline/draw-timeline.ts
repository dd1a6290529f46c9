import { combineLatest, distinctUntilChanged, map, type Observable, of, switchMap, tap } from 'rxjs';
import { clock$ } from '../dom/clock.js';
import { svgElement } from '../dom/element.js';
import { formatClock } from '../dom/format-time.js';
import { width$ } from '../dom/width.js';
import type { Board } from '../songs/board.js';
import { isLive } from '../songs/track.js';
import { ticks, type TimeSpan, timeSpan } from './time-scale.js';
import { timelineRow, type TimelineLayout } from './timeline-row.js';

const axisHeight = 24;

function axis({ span, left, width }: TimelineLayout, height: number): SVGGElement {
  const marks = ticks(span, width).map((ms) => {
    const x = (left + (ms / (span.to - span.from)) * width).toFixed(1);
    return svgElement(
      'g',
      {},
      svgElement('line', { class: 'tick', x1: x, x2: x, y1: String(axisHeight - 4), y2: String(height) }),
      svgElement(
        'text',
        {
          class: 'tick-name',
          x,
          y: '12',
          'text-anchor': ms === 0 ? 'start' : Number(x) > left + width - 6 ? 'end' : 'middle',
        },
        formatClock(ms / 1_000),
      ),
    );
  });
  return svgElement('g', {}, ...marks);
}

/** Names stand beside their bars; above them where the window is narrow. */
function layOut(span: TimeSpan, available: number): TimelineLayout {
  const margin = 12;
  if (available < 480) {
    const width = available - margin;
    return { span, left: 0, width, rowHeight: 36, name: { y: 13, width }, middle: 25 };
  }
  const left = 190;
  const name = { y: 15, width: left - margin };
  return { span, left, width: available - left - margin, rowHeight: 22, name, middle: 11 };
}

/** Draws all tracks, the first one on top: one row a song, time across. */
function draw(picture: SVGSVGElement, board: Board, available: number, now: number): void {
  const tracks = [...board.values()].sort((a, b) => a.steps[0].at - b.steps[0].at);
  const layout = layOut(timeSpan(board, now), available);
  const height = axisHeight + tracks.length * layout.rowHeight + 4;
  picture.setAttribute('width', String(available));
  picture.setAttribute('height', String(height));
  picture.setAttribute('viewBox', `0 0 ${available} ${height}`);
  const rows = tracks.map((track, row) => timelineRow(track, row, layout));
  picture.replaceChildren(axis(layout, height), svgElement('g', { transform: `translate(0 ${axisHeight})` }, ...rows));
}

/** Keeps the timeline up to date while it is subscribed; it moves only while songs are in the making. */
export function drawTimeline$(
  picture: SVGSVGElement,
  frame: HTMLElement,
  board$: Observable<Board>,
): Observable<unknown> {
  const shown$ = board$.pipe(
    switchMap((board) => {
      const live = [...board.values()].some(isLive);
      return (live ? clock$ : of(Date.now())).pipe(map((now) => ({ board, now })));
    }),
  );
  const names$ = board$.pipe(
    map((board) => `Timeline of ${board.size} ${board.size === 1 ? 'song' : 'songs'}`),
    distinctUntilChanged(),
    tap((name) => picture.setAttribute('aria-label', name)),
  );
  return combineLatest([shown$, width$(frame), names$]).pipe(
    tap(([{ board, now }, width]) => {
      if (board.size > 0) draw(picture, board, width, now);
    }),
  );
}
