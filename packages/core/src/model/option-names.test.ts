import { expect, it } from 'vitest';
import { optionNames } from './option-names.js';

const known = { apiKey: 1, baseUrl: 1, retry: 1 } as const;
const refusal = (options: object) => {
  try {
    optionNames<object>(options, known);
  } catch (error) {
    return error;
  }
  return undefined;
};

it.each([undefined, {}, { apiKey: 'x' }, { retry: undefined, baseUrl: '' }])(
  '%j has only options that exist',
  (options) => {
    expect(() => optionNames<object>(options, known)).not.toThrow();
  },
);

it.each([
  ['apikey', 'The option `apikey` does not exist. Did you mean `apiKey`?'],
  ['APIKEY', 'The option `APIKEY` does not exist. Did you mean `apiKey`?'],
  ['baseURL', 'The option `baseURL` does not exist. Did you mean `baseUrl`?'],
  ['base_url', 'The option `base_url` does not exist. Did you mean `baseUrl`?'],
  ['retires', 'The option `retires` does not exist. Did you mean `retry`?'],
  ['volume', 'The option `volume` does not exist. There are: apiKey, baseUrl, retry.'],
])('%s is refused, with what was meant', (name, message) => {
  expect(refusal({ apiKey: 'x', [name]: undefined })).toMatchObject({ code: 'invalid_request', message });
});
