import { svgElement } from '../dom/element.js';

const height = 40;

/** The bars of a waveform as one path; each bar is two of three units wide. */
function barsPath(peaks: readonly number[]): string {
  return peaks
    .map((peak, at) => {
      const tall = Math.max(2, peak * height);
      return `M${at * 3} ${(height - tall) / 2}h2v${tall}h-2z`;
    })
    .join('');
}

function layer(name: string, peaks: readonly number[]): SVGSVGElement {
  return svgElement(
    'svg',
    {
      class: name,
      viewBox: `0 0 ${peaks.length * 3 - 1} ${height}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    svgElement('path', { d: barsPath(peaks) }),
  );
}

/** The picture of a song, twice: all of it, and above that what was played, which style clips at `--played`. */
export function waveform(peaks: readonly number[]): SVGSVGElement[] {
  return [layer('wave', peaks), layer('wave wave-played', peaks)];
}
