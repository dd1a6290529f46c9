import { WhisulError } from '../model/whisul-error.js';

/** The API key, or a function that returns it. A function is called before each request, so that the key can change. */
export type ApiKey = string | (() => string | Promise<string>);

/** Whether a key is fit for a header, but for the space around it. */
const isKey = (key: unknown): key is string => typeof key === 'string' && /^[\x21-\x7e]+$/.test(key.trim());

/** A key fit for a header; the error says what is wrong with it, never what it is. */
function checkKey(key: unknown): string {
  if (isKey(key)) return key.trim();
  const fault =
    typeof key !== 'string' || key.trim() === '' ? 'is missing' : 'holds characters that no header can carry';
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

/** A key that is fit for a header, or what gives one: it throws, or rejects with, `unauthorized` where there is none. */
export type KeySource = string | (() => Promise<string>);

/** Reads the option once: after that a key that is a string costs a request nothing. */
export function keySource(apiKey: ApiKey | undefined): KeySource {
  if (typeof apiKey === 'function') {
    return () =>
      Promise.resolve()
        .then(apiKey)
        .then(checkKey, () => Promise.reject(keyError()));
  }
  return isKey(apiKey) ? apiKey.trim() : () => Promise.resolve(checkKey(apiKey));
}
