import { svgElement } from '../dom/element.js';
import { formatElapsed } from '../dom/format-time.js';
import { isLive, type Phase, sentAt, type Step, type Track } from '../songs/track.js';
import type { TimeSpan } from './time-scale.js';

/** Where things are in a timeline, in CSS pixels. */
export interface TimelineLayout {
  readonly span: TimeSpan;
  /** Where time begins. */
  readonly left: number;
  readonly width: number;
  readonly rowHeight: number;
}

const letter = 6.8;

function shorten(text: string, width: number): string {
  const letters = Math.floor(width / letter);
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1)).trimEnd()}…`;
}

/** Each end has a shape of its own: colour alone would not tell everybody. */
const marks: Partial<Record<Phase, string>> = {
  completed: 'M-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0zM-3.7.3-2.4-1-.8.6 2.4-2.6 3.7-1.3-.8 3.2z',
  failed: 'M-5-3.2-3.2-5 0-1.8 3.2-5 5-3.2 1.8 0 5 3.2 3.2 5 0 1.8-3.2 5-5 3.2-1.8 0z',
  problem: 'M0-6.5 6.5 0 0 6.5-6.5 0z',
};

/** The steps of a track with the moment at which the next one began; the last one lasts until now. */
function stretches({ steps }: Track, now: number): (Step & { until: number })[] {
  return steps.map((step, at) => ({ ...step, until: steps[at + 1]?.at ?? now }));
}

/** Draws the row of a track: a bar for each phase that lasts, a mark for each end. */
export function timelineRow(track: Track, row: number, { span, left, width, rowHeight }: TimelineLayout): SVGGElement {
  const x = (at: number): number => left + (Math.max(0, at - span.from) / (span.to - span.from)) * width;
  const middle = rowHeight / 2;
  const title = track.job?.status === 'completed' ? track.job.result.title : track.prompt;
  const group = svgElement('g', { class: 'row', transform: `translate(0 ${row * rowHeight})` });
  group.append(
    svgElement('line', {
      class: 'lane',
      x1: String(left),
      x2: String(left + width),
      y1: String(middle),
      y2: String(middle),
    }),
    svgElement('text', { class: 'row-name', x: '0', y: String(middle + 4) }, shorten(title, left - 12)),
  );
  const { steps } = track;
  const now = isLive(track) ? Date.now() : span.to;
  for (const { phase, at, until } of stretches(track, now)) {
    if (until <= span.from) continue;
    const mark = marks[phase];
    if (mark === undefined) {
      const bar = { x: x(at).toFixed(1), width: Math.max(1.5, x(until) - x(at)).toFixed(1) };
      group.append(
        svgElement('rect', { class: `stretch ${phase}`, y: String(middle - 4), height: '8', rx: '2', ...bar }),
      );
    } else if (at >= span.from) {
      const took = formatElapsed(at - (sentAt(track) ?? at));
      if (at === steps.at(-1)?.at && x(at) + 52 < left + width) {
        group.append(
          svgElement('text', { class: 'row-time', x: (x(at) + 12).toFixed(1), y: String(middle + 4) }, took),
        );
      }
      group.append(
        svgElement('path', { class: `mark ${phase}`, d: mark, transform: `translate(${x(at).toFixed(1)} ${middle})` }),
      );
    }
  }
  return group;
}
