import type { CompletedJob } from '@whisul-rx/core';
import { NEVER } from 'rxjs';
import { element } from '../dom/element.js';
import { icon } from '../dom/icon.js';
import { webUrl } from '../dom/web-url.js';
import { createPlayer, type Player } from '../player/player.js';

function download(url: URL, what: 'song' | 'cover', title: string): HTMLAnchorElement {
  const [ending = ''] = /\.\w+$/.exec(url.pathname) ?? [];
  const name = `${title.replace(/[^\p{L}\p{N} -]/gu, '').trim() || what}${ending}`;
  // A browser ignores `download` for other sites: then the file opens, and not in place of this page.
  const link = element('a', { class: 'download', href: url.href, download: name, target: '_blank', rel: 'noopener' });
  link.append(icon('download'), what === 'song' ? 'Song' : 'Cover');
  link.setAttribute('aria-label', `Download the ${what} of ${title}`);
  return link;
}

function tagList(tags: string): HTMLUListElement {
  const names = tags
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return element(
    'ul',
    { class: 'tags', 'aria-label': 'Tags' },
    ...names.map((tag) => element('li', { dir: 'auto' }, tag)),
  );
}

/** The player, facts and files of a finished song. */
export function songDetails({ prompt, result }: CompletedJob): Player {
  const { bpm, duration, tags } = result;
  const title = result.title || prompt || 'this song';
  const song = webUrl(result.song_url);
  const cover = webUrl(result.image_url);
  const player = song && createPlayer(song, { title, duration });
  const facts = element('p', { class: 'facts' }, `${Math.round(bpm)} bpm`);
  const files = element('div', { class: 'files' });
  if (song) files.append(download(song, 'song', title));
  if (cover) files.append(download(cover, 'cover', title));
  const view = element('div', { class: 'song' });
  if (player) view.append(player.view);
  view.append(tagList(tags), element('div', { class: 'song-foot' }, facts, files));
  return { view, run$: player?.run$ ?? NEVER };
}
