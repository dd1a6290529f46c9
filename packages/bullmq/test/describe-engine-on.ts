import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { describeJobEngine } from '@whisul-rx/emulator/contract';
import { randomUUID } from 'node:crypto';

/** Holds the engine to the contract on one kind of server, whose address is known when the tests run. */
export function describeEngineOn(name: string, server: { readonly url: string }): void {
  describeJobEngine(name, ({ fetch }) => {
    const whisul = createWhisul({
      apiKey: 'any',
      baseUrl: 'http://emulator.local/api',
      fetch,
      retry: { baseDelay: 1, maxDelay: 20 },
      requestTimeout: 5_000,
    });
    const engine = createBullmqEngine({
      whisul,
      connection: server.url,
      account: randomUUID(),
      schedule: fixedSchedule(15),
      retry: { baseDelay: 1, maxDelay: 20 },
    });
    return {
      engine,
      async close() {
        await engine.close();
        whisul.close();
      },
    };
  });
}
