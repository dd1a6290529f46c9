import { from, Observable, switchMap } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import { peaksOf } from './peaks-of.js';

/** A song in memory. */
export interface Sound {
  /** For an audio element; valid until the subscription ends. */
  readonly url: string;
  /** How loud each part of the song is, from 0 to 1. */
  readonly peaks: readonly number[];
}

async function decode(bytes: ArrayBuffer, bars: number): Promise<number[]> {
  // The rate decides how finely is decoded; a picture needs little. It must be one that every browser takes.
  const context = new OfflineAudioContext(1, 1, 8_000);
  const sound = await context.decodeAudioData(bytes);
  return peaksOf(sound.getChannelData(0), bars);
}

/**
 * Loads a song once, for its waveform and for playing: an audio element that loads by itself would hold one of the few
 * connections to the server. Emits once, and keeps the song until it is unsubscribed. Errors if it cannot be read.
 */
export function loadSound$(song: URL, bars: number): Observable<Sound> {
  return fromFetch(song.href, { selector: (response) => response.blob() }).pipe(
    switchMap((blob) =>
      from(blob.arrayBuffer()).pipe(
        switchMap((bytes) => decode(bytes, bars)),
        switchMap((peaks) => held$(URL.createObjectURL(blob), peaks)),
      ),
    ),
  );
}

function held$(url: string, peaks: readonly number[]): Observable<Sound> {
  return new Observable<Sound>((subscriber) => {
    subscriber.next({ url, peaks });
    return () => URL.revokeObjectURL(url);
  });
}
