import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

/** The kinds of servers that BullMQ works on: what holds on one has to hold on the other. */
export const backends = [
  { name: 'Redis', start: startRedis },
  { name: 'Postgres', start: startPostgres },
] as const;
