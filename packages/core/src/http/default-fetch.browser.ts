/** In a browser cross-fetch is the platform's `fetch`, with 4 KB of a polyfill that no browser of today needs. */
export const defaultFetch: typeof globalThis.fetch = (...args) => globalThis.fetch(...args);
