/** How far one of the two files of a song is. Plain JSON. */
export interface SaveProgress {
  /** Which of the two files this is about: the song comes first, then its cover. */
  readonly file: 'song' | 'cover';
  /** Where the file is, or will be once it is whole. */
  readonly path: string;
  /** Bytes received so far. It falls when a server without byte ranges makes the transfer start again. */
  readonly received: number;
  /** Bytes of the whole file, or null while the server does not say. */
  readonly total: number | null;
  /** The file is whole and has its name. The last event of each file. */
  readonly done: boolean;
}
