import { createHash } from 'node:crypto';

/** A short text that stands for another one of any length. */
export function hashOf(text: string): string {
  // As JSON, since UTF-8 cannot tell halves of surrogate pairs apart.
  return createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 32);
}
