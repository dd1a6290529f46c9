import { createHash } from 'node:crypto';

/** What an index of Postgres surely has room for, in characters. */
const longest = 500;

/** A short text that stands for another one of any length. */
export function hashOf(text: string): string {
  // As JSON, since UTF-8 cannot tell halves of surrogate pairs apart.
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 32);
}

/** What stands for a text in an index: it itself as it is `written` there, or where that is too long, a number sign and its hash. */
export function indexed(text: string, written: string): string {
  return written.length <= longest ? written : `#${hashOf(text)}`;
}
