import { svgElement } from '../dom/element.js';
import { formatElapsed } from '../dom/format-time.js';
import { currentStep, isLive, type Phase, sentAt, type Step, type Track } from '../songs/track.js';
import type { TimeSpan } from './time-scale.js';

/** Where things are in a timeline, in CSS pixels. */
export interface TimelineLayout {
  readonly span: TimeSpan;
  /** Where time begins. */
  readonly left: number;
  readonly width: number;
  readonly rowHeight: number;
  /** Where a name's line of text is, from the top of its row, and the room that it has. */
  readonly name: { readonly y: number; readonly width: number };
  /** The middle of the bars, from the top of their row. */
  readonly middle: number;
}

/** About the width of a letter of the names. Wider ones are cut off at the end of their room. */
const letter = 7.4;
const graphemes = new Intl.Segmenter();

function shorten(text: string, width: number): string {
  const most = Math.floor(width / letter);
  const letters = Array.from(graphemes.segment(text.slice(0, 400)), ({ segment }) => segment);
  return letters.length <= most
    ? letters.join('')
    : `${letters
        .slice(0, Math.max(1, most - 1))
        .join('')
        .trimEnd()}…`;
}

function nameOf(title: string, { name, rowHeight }: TimelineLayout): SVGSVGElement {
  const text = svgElement('text', { class: 'row-name', x: '0', y: String(name.y) }, shorten(title, name.width));
  // A picture of its own cuts off what is wider than it.
  return svgElement('svg', { width: String(Math.max(0, name.width)), height: String(rowHeight) }, text);
}

/** Each end has a shape of its own: colour alone would not tell everybody. */
const marks: Partial<Record<Phase, string>> = {
  completed: 'M-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0z',
  failed: 'M-5-3.2-3.2-5 0-1.8 3.2-5 5-3.2 1.8 0 5 3.2 3.2 5 0 1.8-3.2 5-5 3.2-1.8 0z',
  problem: 'M0-6.5 6.5 0 0 6.5-6.5 0z',
};

function markOf(phase: Phase, shape: string): SVGGElement {
  const mark = svgElement('g', {}, svgElement('path', { class: `mark ${phase}`, d: shape }));
  if (phase === 'completed') mark.append(svgElement('path', { class: 'hook', d: 'M-3 .3-.9 2.4 3-1.9' }));
  return mark;
}

/** The steps of a track with the moment at which the next one began; the last one lasts until now. */
function stretches({ steps }: Track, now: number): (Step & { until: number })[] {
  return steps.map((step, at) => ({ ...step, until: steps[at + 1]?.at ?? now }));
}

/** How long the latest attempt took, where that says something. */
function took(track: Track): string {
  const { phase, at } = currentStep(track);
  return phase === 'completed' || phase === 'failed' ? formatElapsed(at - (sentAt(track) ?? at)) : '';
}

/** Draws the row of a track: a bar for each phase that lasts, a mark for each end. */
export function timelineRow(track: Track, row: number, layout: TimelineLayout): SVGGElement {
  const { span, left, width, rowHeight, middle } = layout;
  const x = (at: number): number => left + (Math.max(0, at - span.from) / (span.to - span.from)) * width;
  const y = String(middle);
  const title = (track.job?.status === 'completed' ? track.job.result.title : '') || track.prompt;
  const group = svgElement('g', { class: 'row', transform: `translate(0 ${row * rowHeight})` });
  group.append(
    svgElement('line', { class: 'lane', x1: String(left), x2: String(left + width), y1: y, y2: y }),
    nameOf(title, layout),
  );
  const now = isLive(track) ? Date.now() : span.to;
  for (const { phase, at, until } of stretches(track, now)) {
    if (until < span.from) continue;
    const shape = marks[phase];
    if (shape === undefined) {
      const bar = { x: x(at).toFixed(1), width: Math.max(1.5, x(until) - x(at)).toFixed(1) };
      group.append(
        svgElement('rect', { class: `stretch ${phase}`, y: String(middle - 4), height: '8', rx: '2', ...bar }),
      );
    } else if (at >= span.from) {
      const mark = markOf(phase, shape);
      mark.setAttribute('transform', `translate(${x(at).toFixed(1)} ${middle})`);
      group.append(mark);
    }
  }
  const end = x(currentStep(track).at) + 12;
  if (end + 48 < left + width) {
    group.append(svgElement('text', { class: 'row-time', x: end.toFixed(1), y: String(middle + 4) }, took(track)));
  }
  return group;
}
