import { priorMedian, priorSigma } from './duration-history.js';
import { optionNames } from '../model/option-names.js';
import { badOption, numberOption, objectOption } from '../model/option.js';
import type { PollSchedule } from './poll-schedule.js';

/** The options of {@link adaptiveSchedule}. */
export interface AdaptiveScheduleOptions {
  /** The shortest gap, in ms. @defaultValue 5_000 */
  readonly min?: number;
  /** The longest gap, in ms, at least `min`. @defaultValue 10_000 */
  readonly max?: number;
  /** How long a job usually takes, in ms, until this client has seen some finish. @defaultValue 100_000 */
  readonly expected?: number;
}

/** The prior counts as much as this many finished jobs, for the median and for the spread. */
const priorWeight = { median: 3, sigma: 20 };
/** The standard normal quantile of 0.1. */
const zOfTenth = -1.2816;

/**
 * A schedule that polls every `max` ms while hardly any job is finished, and every `min` ms once jobs like those this
 * client has seen usually finish. At first it assumes that a job takes `expected` ms. Then it learns from the jobs that
 * this client sees finish (`finished_at - started_at`). The defaults are the pace that Whisul's polling guide asks for.
 *
 * @throws WhisulError `invalid_request` for a bad option
 * @example
 * ```ts
 * import { adaptiveSchedule, createWhisul } from '@whisul-rx/core';
 *
 * const whisul = createWhisul({ schedule: adaptiveSchedule({ expected: 60_000 }) });
 * ```
 */
export function adaptiveSchedule(options: AdaptiveScheduleOptions = {}): PollSchedule {
  objectOption('options', options);
  optionNames(options, { min: 1, max: 1, expected: 1 });
  const min = numberOption('min', options.min, 5_000);
  const max = numberOption('max', options.max, Math.max(min, 10_000));
  const expected = numberOption('expected', options.expected, priorMedian, 1);
  if (max < min) throw badOption('max', 'at least `min`');
  return ({ elapsed, durations }) => {
    const known = durations.count;
    const blend = (prior: number, seen: number, weight: number) => (prior * weight + seen * known) / (weight + known);
    let logMedian = Math.log(expected);
    let sigma = priorSigma;
    if (known > 0) {
      const seen = Math.log(Math.max(1, durations.quantile(0.5)));
      const spread = (Math.log(Math.max(1, durations.quantile(0.1))) - seen) / zOfTenth;
      logMedian = blend(logMedian, seen, priorWeight.median);
      sigma = Math.max(0.05, blend(sigma, spread, priorWeight.sigma));
    }
    // Durations are taken as log-normal. The ramp follows the square root of the chance to finish: close to the optimum.
    // From `max` apart 2.2 deviations below the median to `min` apart 0.7 below it: within 1 % of the optimum.
    const z = (Math.log(Math.max(1, elapsed)) - logMedian) / sigma;
    const ramp = Math.min(1, Math.max(0, (z + 2.2) / 1.5));
    return max - (max - min) * ramp;
  };
}
