import { InvalidArgumentError } from 'commander';

/** A parser for a whole number of at least `min`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `Give a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}.`,
    );
  };
}

/** A part of a whole, from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number from 0 to 1.');
}

/** A time or a range of times, in ms: `500`, `2s`, `6s-12s`, `1m`. */
export function timeRange(text: string): [number, number] {
  const [first = '', second = first, ...others] = text.split('-');
  const [min, max] = [readTime(first), readTime(second)];
  if (others.length === 0 && min <= max) return [min, max];
  throw new InvalidArgumentError('Give a time such as 500ms or 2s, or a range such as 6s-12s. A bare number is in ms.');
}

function readTime(text: string): number {
  const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text.trim()) ?? [];
  const factor = unit === 'm' ? 60_000 : unit === 's' ? 1_000 : 1;
  return digits === undefined ? NaN : Number(digits) * factor;
}
