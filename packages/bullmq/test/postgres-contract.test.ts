import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { describeJobEngine } from '@whisul-rx/emulator/contract';
import { randomUUID } from 'node:crypto';
import { testPostgres } from './postgres.js';

const postgres = testPostgres();

describeJobEngine('the engine on Postgres', ({ fetch }) => {
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    fetch,
    retry: { baseDelay: 1, maxDelay: 20 },
    requestTimeout: 5_000,
  });
  const engine = createBullmqEngine({
    whisul,
    connection: postgres.url,
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
