import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expectEqual } from '../anywhere/expect-equal.mjs';

/** Makes a song over a socket with the client's own fetch, the platform's, and whatever else is passed in. */
export async function chooseTransport(others = {}) {
  const emulator = createEmulator({ apiKey: 'consumer-key', jobDuration: 200 });
  const server = await listen(emulator);
  const schedule = fixedSchedule(50);
  const transports = { 'its own': {}, "the platform's": { fetch: globalThis.fetch }, ...others };
  for (const [name, options] of Object.entries(transports)) {
    const whisul = createWhisul({ apiKey: 'consumer-key', baseUrl: server.url, schedule, ...options });
    expectEqual((await whisul.generate('a minuet')).status, 'completed', `a job with ${name} fetch`);
    whisul.close();
  }
  await server.close();
  emulator.close();
}
