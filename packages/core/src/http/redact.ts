import { fieldOf } from '../model/field-of.js';
import { printable } from '../model/printable.js';

const mark = '[key]';

/** What becomes of a secret in a URL and in JSON. */
const written = (secret: string): string[] => [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];

const without = (text: string, forms: readonly string[]): string =>
  forms.reduce((safe, form) => safe.replaceAll(form, mark), text);

/**
 * Text of the platform or the server without the key, in case one of them repeats it. A short key may be an everyday
 * word: then only the whole word goes.
 */
export function redact(text: string, key: string): string {
  if (key === '') return text;
  if (key.length >= 8) return without(text, [key, ...written(key)]);
  return text.replace(new RegExp(`(?<![\\w-])${key.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'g'), mark);
}

/**
 * Parses JSON and takes the key out. Prompts and songs are left alone where a short key might be a word of theirs; there
 * only the key behind its `Bearer` goes.
 */
export function parseJson(text: string, key: string): unknown {
  const value: unknown = JSON.parse(text);
  const secret = key.length >= 8 ? key : `Bearer ${key}`;
  // Without an escape the strings of a text are what they look like.
  if (key === '' || !(/[\\%]/.test(text) || text.includes(secret))) return value;
  const json = JSON.stringify(value);
  const safe = without(json, written(secret));
  return safe === json ? value : JSON.parse(safe);
}

/** What is kept of an error beside its message: what tells what happened, and where. */
const keptFields = ['name', 'stack', 'code', 'syscall'];
/** As many addresses of a host as anybody has to see. */
const maxErrors = 8;

/**
 * A copy of an error, its causes and its parts that is safe to keep: name, message, stack, code and system call, without
 * the key, and fit to be printed. The original may hold the live request, headers and all.
 */
export function redactCause(error: unknown, key: string, depth = 0): Error | undefined {
  if (error === undefined || depth > 4) return undefined;
  const read = (field: string): string | undefined => {
    const value = fieldOf(error, field);
    return typeof value === 'string' ? redact(value, key) : undefined;
  };
  const copyOf = (inner: unknown) => redactCause(inner, key, depth + 1);
  const raw = typeof error === 'string' ? redact(error, key) : (read('message') ?? `a ${typeof error} was thrown`);
  const message = printable(raw);
  const cause = error instanceof Error ? copyOf(fieldOf(error, 'cause')) : undefined;
  const options = cause === undefined ? undefined : { cause };
  const errors = fieldOf(error, 'errors');
  const copy = Array.isArray(errors)
    ? new AggregateError(errors.slice(0, maxErrors).map(copyOf), message, options)
    : new Error(message, options);
  for (const field of keptFields) {
    const value = field === 'stack' ? read(field)?.replace(raw, () => message) : read(field);
    const enumerable = field === 'code' || field === 'syscall';
    if (value !== undefined) Object.defineProperty(copy, field, { value, enumerable });
  }
  return copy;
}
