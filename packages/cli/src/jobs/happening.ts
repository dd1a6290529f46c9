import type { BatchEvent, WhisulError } from '@whisul-rx/core';
import type { SaveProgress } from '@whisul-rx/download';

/** What a command shows: the events of its jobs, and what becomes of their files. */
export type Happening =
  | BatchEvent
  | { type: 'saving'; index: number; key: string; progress: SaveProgress }
  | { type: 'saved'; index: number; key: string; files: { file: SaveProgress['file']; path: string }[] }
  | { type: 'unsaved'; index: number; key: string; error: WhisulError };
