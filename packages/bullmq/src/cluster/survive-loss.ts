import type { PgPool } from 'bullmq';

/**
 * A client of `pg` that loses its connection while it works emits an `error`, which ends the process where nobody listens, and
 * rejects the query, too. BullMQ does not listen while it looks at its tables.
 */
export function surviveLoss(pool: PgPool): void {
  pool.on('connect', (client) => client.on('error', () => undefined));
}
