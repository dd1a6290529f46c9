import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';
import type { Emulator } from '@whisul-rx/emulator';
import { describeJobEngine } from '@whisul-rx/emulator/contract';
import { listen } from '@whisul-rx/emulator/node';

const quick: WhisulOptions = {
  apiKey: 'any',
  schedule: fixedSchedule(15),
  retry: { baseDelay: 1, maxDelay: 20 },
  requestTimeout: 5_000,
};

async function overPort(emulator: Emulator, options: WhisulOptions) {
  const server = await listen(emulator);
  const whisul = createWhisul({ ...quick, ...options, baseUrl: server.url });
  return {
    engine: whisul,
    close: async () => {
      whisul.close();
      await server.close();
    },
  };
}

describeJobEngine('core over HTTP, with cross-fetch', (emulator) => overPort(emulator, {}));
describeJobEngine('core over HTTP, with the platform fetch', (emulator) => overPort(emulator, { fetch }));
describeJobEngine('core over HTTP, with undici', async (emulator) => {
  const transport = undiciTransport();
  const { engine, close } = await overPort(emulator, { transport });
  return {
    engine,
    close: async () => {
      await close();
      await transport.close();
    },
  };
});
describeJobEngine('core on the emulator itself, without a port', ({ fetch }) => {
  const whisul = createWhisul({ ...quick, fetch, baseUrl: 'http://emulator.local/api' });
  return {
    engine: whisul,
    close: () => {
      whisul.close();
    },
  };
});
