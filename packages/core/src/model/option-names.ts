import { WhisulError } from './whisul-error.js';

/** How alike two names are: the pairs of letters of one that the other has, too. */
function likeness(name: string, other: string): number {
  const [a, b] = [name.toLowerCase(), other.toLowerCase()];
  const shared = [...a].filter((_, i) => b.includes(a.slice(i, i + 2))).length;
  return shared - Math.abs(a.length - b.length) / 2;
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
    const [nearest = ''] = [...names].sort((a, b) => likeness(name, b) - likeness(name, a));
    const isNear = likeness(name, nearest) >= name.length / 4;
    const hint = isNear ? `Did you mean \`${nearest}\`?` : `There are: ${names.join(', ')}.`;
    throw new WhisulError('invalid_request', `The option \`${name}\` does not exist. ${hint}`);
  }
}
