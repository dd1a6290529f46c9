import { createWhisul } from '@whisul-rx/core';
import type { Backend } from './backend.js';

const baseUrl = process.env['WHISUL_BASE_URL'];

/** Whisul itself, with the key and base URL of the environment. */
export const realWhisul: Backend = {
  paid: true,
  usualDuration: 100_000,
  mediaOrigins: ['https://*.whisul.com', ...(baseUrl && URL.canParse(baseUrl) ? [new URL(baseUrl).origin] : [])],
  connect: () => createWhisul(),
};
