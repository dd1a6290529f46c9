import type { WhisulOptions } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';

/** The ways in which a client can reach a server. */
export const transports: readonly (readonly [string, WhisulOptions])[] = [
  ['cross-fetch, the default', {}],
  ['the platform fetch', { fetch: globalThis.fetch }],
  ['undiciTransport', { transport: undiciTransport() }],
];
