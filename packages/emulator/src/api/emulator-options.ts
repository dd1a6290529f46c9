import { WhisulError } from '@whisul-rx/core';
import { optionNames } from '@whisul-rx/core/adapter';
import { brokenRule, type Rule } from './broken-rule.js';
import { showValue } from './show-value.js';

/** How an emulator behaves. */
export interface EmulatorOptions {
  /**
   * The only key that is accepted.
   * @default any `Bearer` key that is not empty
   */
  apiKey?: string;
  /**
   * How long a job runs, in ms: always the same, or drawn from a range. (Real jobs take one to three minutes.)
   * `Infinity` is a job that never ends, but by a fault.
   * @default [6_000, 12_000]
   */
  jobDuration?: number | readonly [min: number, max: number];
  /**
   * The part of jobs that fail, from 0 to 1.
   * @default 0
   */
  failureRate?: number;
  /**
   * Decides ids, how long jobs run, failures, songs and covers.
   * @default 1
   */
  seed?: number;
  /**
   * The emulator's clock, in epoch ms. A job is what this clock says; only the fault `delay` uses a real timer.
   * @default Date.now
   */
  now?: () => number;
}

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

function checkOptions(options: EmulatorOptions): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new WhisulError('invalid_request', `options must be an object, not ${showValue(given)}.`);
  }
  optionNames(options, { apiKey: 1, jobDuration: 1, failureRate: 1, seed: 1, now: 1 });
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    const broken = value === undefined ? undefined : brokenRule(name, value, rule);
    if (broken !== undefined) throw new WhisulError('invalid_request', broken);
  }
}

/**
 * The options as the emulator works with them, whatever JavaScript or JSON they came from.
 *
 * @throws WhisulError `invalid_request` that names an option that cannot work or does not exist
 */
export function readOptions(options: EmulatorOptions) {
  checkOptions(options);
  const { apiKey, jobDuration = [6_000, 12_000], failureRate = 0, seed = 1, now = Date.now } = options;
  const [min, max] = typeof jobDuration === 'number' ? [jobDuration, jobDuration] : jobDuration;
  return { apiKey, jobDuration: [min, max], failureRate, seed, now } as const;
}
