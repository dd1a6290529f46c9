import { WhisulError } from './whisul-error.js';

/**
 * Refuses an option that does not exist: without this, JavaScript callers would not notice a typing error.
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
  const name = Object.keys(options ?? {}).find((given) => !names.includes(given));
  if (name === undefined) return;
  /** How alike it is to another: by the pairs of letters that the other has, too. */
  const likeness = (other: string): number =>
    Array.from(name).filter((_, i) => other.toLowerCase().includes(name.slice(i, i + 2).toLowerCase())).length -
    Math.abs(name.length - other.length) / 2;
  const [nearest = ''] = [...names].sort((a, b) => likeness(b) - likeness(a));
  const isNear = likeness(nearest) >= name.length / 4;
  const hint = isNear ? `Did you mean \`${nearest}\`?` : `There are: ${names.join(', ')}.`;
  throw new WhisulError('invalid_request', `The option \`${name}\` does not exist. ${hint}`);
}
