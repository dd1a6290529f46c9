import { WhisulError } from './whisul-error.js';

/** The API key, or where to get it. A function is asked before each request, so that a key can change. */
export type ApiKey = string | (() => string | Promise<string>);

/** A key fit for a header; the error says what is wrong with it, never what it is. */
function checkKey(key: unknown): string {
  const trimmed = typeof key === 'string' ? key.trim() : '';
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  const fault = trimmed === '' ? 'is missing' : 'holds characters that no header can carry';
  throw new WhisulError(
    'unauthorized',
    `The API key ${fault}. Set WHISUL_API_KEY or the option \`apiKey\`. Nothing was sent.`,
  );
}

function keyError(): WhisulError {
  // Its message may hold anything, even the key: it is not passed on.
  return new WhisulError('unauthorized', 'The `apiKey` function failed, so there is no key. Nothing was sent.');
}

/** The error for an `apiKey` function that takes too long. */
export function lateKeyError(): WhisulError {
  return new WhisulError(
    'unauthorized',
    'The `apiKey` function gave no key within `requestTimeout`. Nothing was sent.',
  );
}

/**
 * Gives the key for one request; at once when it is a string.
 *
 * @throws WhisulError `unauthorized` (or a rejection with it) when there is none
 */
export function readApiKey(apiKey: ApiKey | undefined): string | Promise<string> {
  if (typeof apiKey !== 'function') return checkKey(apiKey);
  return Promise.resolve()
    .then(apiKey)
    .then(checkKey, () => Promise.reject(keyError()));
}
