import { createHash } from 'node:crypto';
import type { CompletedJob } from '@whisul-rx/core';
import type { SaveProgress } from './save-progress.js';

/** The longest name, in bytes: below every common file system's 255, with room for the ending of a part file. */
const maxBytes = 200;

/** Endings that a file may keep, and the one it gets otherwise. A URL that ends in `.exe` makes no program of a song. */
const endings = {
  song: { kept: /^\.(mp3|wav|flac|ogg|oga|opus|m4a|aac|aiff?|weba)$/, other: '.mp3' },
  cover: { kept: /^\.(png|jpe?g|webp|gif|avif)$/, other: '.png' },
} as const;

/** Names that Windows gives to devices, with any ending. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*(\.|$)/i;

/** An id that can stand in a name as it is, also where upper and lower case are the same. */
const plainId = /^[a-z0-9_-]{1,64}$/;

/**
 * The name for a file of a song: `Midnight Drizzle [81fa5ff7].mp3`. It depends on nothing but the job, and no two ids
 * share one, whatever the titles are. It can be used on Linux, macOS and Windows.
 */
export function fileName(job: CompletedJob, file: SaveProgress['file']): string {
  const { title, song_url, image_url } = job.result;
  const tail = ` [${idMark(job.job_id)}]${ending(file, file === 'song' ? song_url : image_url)}`;
  return readable(title, maxBytes - Buffer.byteLength(tail)) + tail;
}

function idMark(id: string): string {
  // No plain id begins with a tilde, so that no digest can be taken for one.
  return plainId.test(id) ? id : `~${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

function ending(file: SaveProgress['file'], url: string): string {
  const found = /\.[^./]*$/.exec(new URL(url).pathname)?.[0].toLowerCase() ?? '';
  const { kept, other } = endings[file];
  return kept.test(found) ? found : other;
}

function readable(title: string, room: number): string {
  const text = title
    .slice(0, 4 * maxBytes)
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    // Control characters, marks that turn the direction of writing, lone surrogates; not the joiners within words.
    .replace(/(?![\u200c\u200d])\p{C}/gu, '')
    .replace(/[<>:"/\\|?*]+/g, '-')
    .replace(/^[-.~\s\u200c\u200d]+/, '');
  // A joiner with nothing after it is left where an emoji was cut.
  const cut = cutToBytes(text, room).replace(/[\s\u200c\u200d]+$/, '') || 'untitled';
  return device.test(cut) ? cutToBytes(`_${cut}`, room) : cut;
}

function cutToBytes(text: string, room: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    end += character.length;
  }
  return text.slice(0, end);
}
