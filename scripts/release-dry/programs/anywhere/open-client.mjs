import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';

/** A client whose API is in this process: nothing listens, and nothing is sent. */
export function openClient() {
  const emulator = createEmulator({ apiKey: 'consumer-key', jobDuration: 400 });
  const whisul = createWhisul({
    apiKey: 'consumer-key',
    baseUrl: 'http://emulator.local/api',
    fetch: emulator.fetch,
    schedule: fixedSchedule(50),
  });
  const close = () => {
    whisul.close();
    emulator.close();
  };
  return { whisul, emulator, close };
}
