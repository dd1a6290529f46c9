import { WhisulError } from './whisul-error.js';

/** The error for an option that cannot be used: it names the option and says what would do. */
export function badOption(name: string, expected: string): WhisulError {
  return new WhisulError('invalid_request', `The option \`${name}\` must be ${expected}.`);
}

/** An option that is a number of at least `min`; `Infinity` is a number too. */
export function numberOption(name: string, value: number | undefined, fallback: number, min = 0): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value >= min)) throw badOption(name, `a number of at least ${min}`);
  return value;
}

/** An option that is a function, or left out. */
export function functionOption<F>(name: string, value: F): F {
  if (value !== undefined && typeof value !== 'function') throw badOption(name, 'a function');
  return value;
}
