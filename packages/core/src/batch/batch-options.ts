import { fieldOf } from '../model/field-of.js';
import { badOption, objectOption, signalOption } from '../model/option.js';
import { optionNames } from '../model/option-names.js';
import type { Journal } from './journal.js';

/** How a batch runs. A bad value is an `invalid_request` error of the stream that names the option. */
export interface BatchOptions {
  /**
   * How many items may be unfinished at a time: a whole number from 1, or Infinity.
   * @default 4
   */
  concurrency?: number | undefined;
  /**
   * Remembers what was submitted, so that the batch can be run again after a crash without paying twice. Without a
   * journal only what is in flight is kept, and a run cannot be repeated. The batch does not close the journal.
   */
  journal?: Journal | undefined;
  /**
   * What to do with an item that the journal holds as `submitting`: an earlier run ended before it was known whether
   * the API had accepted it. `report` ends the item with a problem `submit_unknown`. `resubmit` sends it again, once,
   * which may pay for the same song a second time.
   * @default 'report'
   */
  onUnknown?: 'report' | 'resubmit' | undefined;
  /**
   * How many times a failed job is submitted again: each is a new, paid job. A failed item in the journal that has
   * been submitted no more than this many times is submitted again as well.
   * @default 0
   */
  retryFailed?: number | undefined;
  /**
   * The most POSTs of this run that may be accepted or be in doubt. If one more is needed, the batch ends with
   * `submit_limit`. Jobs that an earlier run paid for do not count.
   * @default Infinity
   */
  maxSubmits?: number | undefined;
  /**
   * Stops the batch without losing anything: when it aborts, nothing more is pulled or sent. Items that were pulled and
   * not sent end with a problem `aborted`. The answers to POSTs in flight are awaited, written to the journal and
   * emitted; then the stream errors with `aborted`. Jobs that are running are not watched any more: the journal has
   * them as `submitted`, and running the batch again follows them.
   */
  signal?: AbortSignal | undefined;
}

/** The options of a run, checked and complete. */
export interface BatchSettings {
  readonly concurrency: number;
  readonly journal: Journal | undefined;
  readonly onUnknown: 'report' | 'resubmit';
  readonly retryFailed: number;
  readonly maxSubmits: number;
  readonly signal: AbortSignal | undefined;
}

/** Takes a copy, so that an object the caller changes later changes nothing here. Throws `invalid_request`. */
export function checkBatchOptions(options: BatchOptions): BatchSettings {
  const { journal, onUnknown = 'report', signal } = objectOption('options', options);
  optionNames(options, { concurrency: 1, journal: 1, onUnknown: 1, retryFailed: 1, maxSubmits: 1, signal: 1 });
  const number = (name: 'concurrency' | 'retryFailed' | 'maxSubmits', least: number, otherwise: number): number => {
    const given: unknown = options[name];
    // The default is for what is left out. `null` is what JSON makes of a number that went wrong.
    const value = given === undefined ? otherwise : given;
    // Nobody means to pay for a failing prompt for ever.
    const endless = value === Infinity && name !== 'retryFailed';
    if (typeof value === 'number' && value >= least && (endless || Number.isSafeInteger(value))) return value;
    throw badOption(name, `a whole number from ${least}`);
  };
  // The types promise all this; a caller in JavaScript does not.
  if (!['report', 'resubmit'].includes(onUnknown)) throw badOption('onUnknown', `'report' or 'resubmit'`);
  if (journal !== undefined && (!hasMethod(journal, 'get') || !hasMethod(journal, 'put')))
    throw badOption('journal', 'a Journal, such as memoryJournal() or await openJournal(directory)');
  return {
    journal,
    onUnknown,
    signal: signalOption(signal),
    concurrency: number('concurrency', 1, 4),
    retryFailed: number('retryFailed', 0, 0),
    maxSubmits: number('maxSubmits', 0, Infinity),
  };
}

export function hasMethod(value: unknown, name: string): boolean {
  return typeof fieldOf(value, name) === 'function';
}
