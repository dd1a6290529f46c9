import { WhisulError } from './whisul-error.js';

/** How many single letters have to change to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const same = a[i] === b[j] ? 0 : 1;
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * Refuses an option that does not exist: from JavaScript a typing error would be ignored in silence.
 *
 * @param options - the options as they were given; `undefined` has none
 * @param known - every option that exists, as keys; the compiler checks that none is missing
 * @throws WhisulError `invalid_request` that names the option, and the nearest one that exists
 * @example
 * ```ts
 * import { optionNames } from '@whisul-rx/core/adapter';
 *
 * interface PlayOptions {
 *   readonly volume?: number;
 *   readonly loop?: boolean;
 * }
 * const play = (options?: PlayOptions) => optionNames(options, { volume: 1, loop: 1 });
 * ```
 */
export function optionNames<O extends object>(options: O | undefined, known: Readonly<Record<keyof O, 1>>): void {
  const names = Object.keys(known);
  for (const name of Object.keys(options ?? {})) {
    if (names.includes(name)) continue;
    const far = (other: string) => distance(name.toLowerCase(), other.toLowerCase());
    const [nearest = ''] = [...names].sort((a, b) => far(a) - far(b));
    const hint =
      far(nearest) <= Math.ceil(nearest.length / 2)
        ? `Did you mean \`${nearest}\`?`
        : `There are: ${names.join(', ')}.`;
    throw new WhisulError('invalid_request', `The option \`${name}\` does not exist. ${hint}`);
  }
}
