import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import type { Backend } from './backend.js';

/** One of the page's examples. It always fails, so that a failed job can be looked at. */
const doomed = 'a brass band falling down the stairs';

/** Jobs of 6 to 20 s, one in eight fails: long enough to watch, short enough to stay. */
function livelyEmulator(): Emulator {
  const emulator = createEmulator({ jobDuration: [6_000, 20_000], failureRate: 0.125, seed: Date.now() });
  emulator.script({
    method: 'POST',
    prompt: doomed,
    times: Infinity,
    type: 'fail',
    error: 'The tuba did not survive the stairs.',
  });
  return emulator;
}

/** An emulator as the backend: its songs and covers are served beside the page. */
export function emulatedWhisul(emulator = livelyEmulator(), pollEvery = 700): Backend {
  return {
    paid: false,
    usualDuration: 13_000,
    mediaOrigins: [],
    answer: (request) => emulator.fetch(request),
    connect: (origin) =>
      createWhisul({
        apiKey: 'playground',
        baseUrl: `${origin}/api`,
        fetch: emulator.fetch,
        schedule: fixedSchedule(pollEvery),
      }),
  };
}
