/** The fetch of a client that is given none: cross-fetch. Bundles for browsers get `default-fetch.browser.js` instead. */
export { default as defaultFetch } from 'cross-fetch';
