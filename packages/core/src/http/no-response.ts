import { noResponse } from '../model/failure.js';
import { WhisulError } from '../model/whisul-error.js';

/** The error for a `fetch` or transport that does not return what it should: asking it again does not help. */
export function noResponseError(option: 'fetch' | 'transport'): WhisulError {
  const cause = Object.assign(new TypeError('not a response'), { code: noResponse });
  const message = `The option \`${option}\` must return a promise of a response with \`status\`, \`headers\` and \`text()\`.`;
  return new WhisulError('invalid_response', message, { cause });
}
