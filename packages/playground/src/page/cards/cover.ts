import { element } from '../dom/element.js';
import { webUrl } from '../dom/web-url.js';
import { currentStep, isLive, type Track } from '../songs/track.js';

/** The picture of a card: the cover of a finished song, else bars that move while it is made. */
export function cover(track: Track): HTMLElement {
  const url = track.job?.status === 'completed' ? webUrl(track.job.result.image_url) : undefined;
  const frame = element('div', { class: 'cover' });
  const bars = (): void =>
    frame.replaceChildren(element('span', { class: 'bars' }, ...Array.from({ length: 5 }, () => element('i'))));
  frame.dataset['live'] = String(isLive(track) && currentStep(track).phase !== 'waiting');
  if (url === undefined) bars();
  else {
    const image = element('img', { src: url.href, alt: '', width: '96', height: '96', decoding: 'async' });
    image.addEventListener('error', bars, { once: true });
    frame.append(image);
  }
  return frame;
}
