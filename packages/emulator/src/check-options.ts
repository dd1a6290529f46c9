import type { EmulatorOptions } from './create-emulator.js';
import { checkRule, type Rule } from './check-rule.js';
import { showValue } from './show-value.js';

function isDuration(value: unknown): boolean {
  const range: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  const [min, max] = range;
  if (typeof min !== 'number' || typeof max !== 'number') return false;
  // Nothing can be drawn evenly from a range without an end.
  return min >= 0 && (min === max || (min < max && max < Infinity));
}

const rules: { readonly [Name in keyof EmulatorOptions]-?: Rule } = {
  apiKey: ['a string', (value) => typeof value === 'string'],
  jobDuration: ['ms, or [min, max] with 0 <= min <= max', isDuration],
  failureRate: ['between 0 and 1', (value) => typeof value === 'number' && value >= 0 && value <= 1],
  // NaN and Infinity would be one and the same seed.
  seed: ['a finite number', Number.isFinite],
  now: ['a function', (value) => typeof value === 'function'],
};

/** Throws `RangeError` for options that cannot work, whatever JavaScript or JSON they came from. */
export function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new RangeError(`options must be an object, not ${showValue(options)}.`);
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) checkRule(name, value, rule);
  }
}
