import { svgElement } from './element.js';

const paths = {
  play: 'M7 4.5v15l12.5-7.5z',
  pause: 'M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z',
  download: 'M11 3h2v9.2l3.3-3.3 1.4 1.4L12 16l-5.7-5.7 1.4-1.4L11 12.2zM4 18h16v2.5H4z',
  again: 'M12 5a7 7 0 1 1-6.6 4.7l1.9.6A5 5 0 1 0 12 7v3.2L6.8 6 12 1.8z',
  close: 'M6.4 4.6 12 10.2l5.6-5.6 1.8 1.8-5.6 5.6 5.6 5.6-1.8 1.8-5.6-5.6-5.6 5.6-1.8-1.8 5.6-5.6-5.6-5.6z',
  warning: 'M12 2.5 23 21.5H1zm-1.1 7v6h2.2v-6zm0 7.5v2.2h2.2V17z',
} as const;

/** A picture for a control that has a name of its own: screen readers pass over it. */
export function icon(name: keyof typeof paths): SVGSVGElement {
  const path = svgElement('path', { d: paths[name], 'fill-rule': 'evenodd' });
  return svgElement('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, path);
}
