import { drawCover } from './draw-cover.js';
import { encodeWav } from './encode-wav.js';
import { planSong } from './plan-song.js';
import { renderSong, sampleRate } from './render-song.js';

/** A file as it goes over the wire. */
export interface MediaFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface MediaLibrary {
  song(prompt: string): MediaFile;
  cover(prompt: string): MediaFile;
}

/** Makes files when they are first asked for and keeps the last few: players ask for the same file in many ranges. */
export function createMediaLibrary(seed: number): MediaLibrary {
  const kept = new Map<string, MediaFile>();
  const remember = (key: string, make: () => MediaFile): MediaFile => {
    const file = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, file);
    for (const oldest of kept.keys()) {
      if (kept.size <= 16) break;
      kept.delete(oldest);
    }
    return file;
  };
  return {
    song: (prompt) =>
      remember(`song ${prompt}`, () => ({
        type: 'audio/wav',
        bytes: encodeWav(renderSong(planSong(prompt, seed)), sampleRate),
      })),
    cover: (prompt) => remember(`cover ${prompt}`, () => ({ type: 'image/png', bytes: drawCover(prompt, seed) })),
  };
}
