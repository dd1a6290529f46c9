import { showValue } from './show-value.js';

/** What a value must be: in words, and as a test. */
export type Rule = readonly [must: string, holds: (value: unknown) => boolean];

/** Throws `RangeError` for a value that breaks the rule, and names it. */
export function checkRule(name: string, value: unknown, [must, holds]: Rule): void {
  if (!holds(value)) throw new RangeError(`${name} must be ${must}, not ${showValue(value)}.`);
}
