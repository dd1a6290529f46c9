import type { FaultEffect, FaultMatch } from './fault.js';
import { brokenRule, type Rule } from '../api/broken-rule.js';

/** A rule for every field. */
type Rules<Fields> = { readonly [Name in Exclude<keyof Fields, 'type'>]-?: Rule };

const optional = ([must, holds]: Rule): Rule => [must, (value) => value === undefined || holds(value)];
const oneOf = (...choices: readonly unknown[]): Rule => [choices.join(' or '), (value) => choices.includes(value)];
const between = (min: number, max: number): Rule => [
  max === Infinity ? `${min} or more` : `between ${min} and ${max}`,
  (value) => typeof value === 'number' && value >= min && value <= max,
];

const count = (min: number, max: number): Rule => [
  `a whole number, ${between(min, max)[0]}`,
  (value) => (Number.isInteger(value) || value === Infinity) && between(min, max)[1](value),
];

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isJson = (value: unknown): boolean => {
  try {
    const json: unknown = JSON.stringify(value);
    return json !== undefined;
  } catch {
    return false;
  }
};
// Beyond ASCII, the platform's Headers and Node disagree on the bytes.
const isHeaderValue = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value));
const isHeaderName = (name: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(name);

const text: Rule = ['a string that is not empty', (value) => typeof value === 'string' && value !== ''];
/** What the log calls a path: it begins with `/`, and the query is no part of it. */
const path: Rule = [
  'a path that begins with / and has no query, or a pattern',
  (value) => value instanceof RegExp || (typeof value === 'string' && /^\/[^?#]*$/.test(value)),
];
const headerValue: Rule = ['something that a header can carry', isHeaderValue];
const headers: Rule = [
  'names and values that headers can have',
  (value) =>
    isRecord(value) && Object.entries(value).every(([name, single]) => isHeaderName(name) && isHeaderValue(single)),
];
const status: Rule = [
  'a whole number between 200 and 599',
  (value) => Number.isInteger(value) && between(200, 599)[1](value),
];
const pageStatus: Rule = [
  `${status[0]} whose answer has a body`,
  (value) => status[1](value) && ![204, 205, 304].some((bodyless) => bodyless === value),
];

const after = optional(oneOf('accept'));
const part = optional(oneOf('body'));

const match: Rules<FaultMatch> = {
  method: optional(text),
  path: optional(path),
  job: optional(text),
  prompt: optional(text),
  // A count that is no count would silently never (or always) hit.
  times: optional(count(1, Infinity)),
  skip: optional(count(0, Number.MAX_SAFE_INTEGER)),
};

const effects: { readonly [Type in FaultEffect['type']]: Rules<FaultEffect & { type: Type }> } = {
  status: {
    status,
    body: optional(['a string or JSON', isJson]),
    retryAfter: optional(headerValue),
    headers: optional(headers),
    after,
  },
  redirect: { location: headerValue, status: optional(oneOf(301, 302, 303, 307, 308)), after },
  html: { status: optional(pageStatus), after },
  reset: { part, after },
  hang: { part, after },
  // A longer wait would overflow the platform's timer, and be none.
  delay: { ms: between(0, 2 ** 31 - 1), after },
  truncated: {},
  fields: { fields: ['an object of JSON', (value) => isRecord(value) && isJson(value)] },
  expire: {},
  fail: { error: optional(['a string or null', (value) => value === null || typeof value === 'string']) },
};

/** Throws `RangeError` for a fault that cannot work, whatever JavaScript or JSON it came from. */
export function checkFault(fault: unknown): void {
  const given = new Map<string, unknown>(Object.entries(fault ?? {}));
  const type: Rule = oneOf(...Object.keys(effects));
  const effect = new Map(Object.entries(effects)).get(String(given.get('type')));
  const rules = new Map(Object.entries<Rule>({ type, ...effect, ...match }));
  for (const [name, rule] of rules) {
    const broken = brokenRule(`A fault's ${name}`, given.get(name), rule);
    if (broken !== undefined) throw new RangeError(broken);
  }
  // A misspelt condition would be none, and the fault would hit whatever comes.
  const unknown = [...given.keys()].filter((name) => !rules.has(name)).join(', ');
  if (unknown !== '') throw new RangeError(`A fault of the type ${String(given.get('type'))} has no ${unknown}.`);
}
