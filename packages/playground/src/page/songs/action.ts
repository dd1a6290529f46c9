import type { Track } from './track.js';

/** What the user asks for. */
export type Action =
  | {
      readonly type: 'order';
      readonly prompts: readonly string[];
      readonly atOnce: number;
      /** Puts the prompts back where they were typed, when the user does not want to pay. */
      readonly undo: () => void;
    }
  /** Order the prompt of a track anew. */
  | { readonly type: 'again'; readonly track: Track }
  /** Ask for the job of a track anew; nothing is ordered. */
  | { readonly type: 'follow'; readonly track: Track }
  | { readonly type: 'remove'; readonly keys: readonly string[] };
