import { showValue } from './show-value.js';

/** What a value must be: in words, and as a test. */
export type Rule = readonly [must: string, holds: (value: unknown) => boolean];

/** What is wrong with a value that breaks the rule, by name; nothing when it keeps it. */
export function brokenRule(name: string, value: unknown, [must, holds]: Rule): string | undefined {
  return holds(value) ? undefined : `${name} must be ${must}, not ${showValue(value)}.`;
}
