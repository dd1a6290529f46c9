let loaded: typeof globalThis.fetch | undefined;

/**
 * The fetch of a client that is given none: cross-fetch, loaded by the first request. A program with a `fetch` or
 * `transport` of its own never loads it. Bundles for browsers get `default-fetch.browser.js` instead.
 */
export const defaultFetch: typeof globalThis.fetch = async (...args) => {
  loaded ??= (await import('cross-fetch')).default;
  // An abort in the meantime is in the signal, and nothing is sent.
  return loaded(...args);
};
