import { fieldOf } from '../model/field-of.js';

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

/**
 * A copy of an error and its causes that is safe to keep: name, message, stack, code and system call, without the key.
 * The original may hold the live request, headers and all.
 */
export function redactCause(error: unknown, key: string, depth = 0): Error | undefined {
  if (error === undefined || depth > 4) return undefined;
  const read = (field: string): string | undefined => {
    const value = fieldOf(error, field);
    return typeof value === 'string' ? redact(value, key) : undefined;
  };
  const message = typeof error === 'string' ? redact(error, key) : (read('message') ?? `a ${typeof error} was thrown`);
  const cause = error instanceof Error ? redactCause(fieldOf(error, 'cause'), key, depth + 1) : undefined;
  const copy = new Error(message, cause === undefined ? undefined : { cause });
  for (const field of ['name', 'stack', 'code', 'syscall']) {
    const value = read(field);
    const enumerable = field === 'code' || field === 'syscall';
    if (value !== undefined) Object.defineProperty(copy, field, { value, enumerable });
  }
  return copy;
}
