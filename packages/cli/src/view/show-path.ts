import { relative } from 'node:path';

/** A path as one would type it here: relative if that is below the current folder. */
export function showPath(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') ? path : near;
}
