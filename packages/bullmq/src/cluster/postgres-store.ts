import { type PgPool, PostgresConnection, type PostgresPoolConfig } from 'bullmq';
import type { HashStore } from './hash-store.js';
import { patiently } from './patiently.js';
import { surviveLoss } from './survive-loss.js';

const portion = 200;
/** Two processes that create the same table at once would collide; this lock is of the transaction. */
const creation = 0x77_68_69_73;

/** Opens a store of hashes in a table of its own, beside BullMQ's. */
export async function openPostgresStore(connection: PgPool | PostgresPoolConfig, account: string): Promise<HashStore> {
  const own = new PostgresConnection(connection);
  const { pool } = own;
  surviveLoss(pool);
  const ready = own.waitUntilReady().then(() =>
    pool.query(`
      BEGIN;
      SELECT pg_advisory_xact_lock(${creation});
      CREATE TABLE IF NOT EXISTS whisul_rx (
        account text, space text, field text, value text NOT NULL, PRIMARY KEY (account, space, field)
      );
      COMMIT;`),
  );
  await ready.catch(async (error: unknown) => {
    await own.close().catch(() => undefined);
    throw error;
  });
  // Each of these may be done twice.
  const query = <Row = unknown>(text: string, values: unknown[] = []) => patiently(() => pool.query<Row>(text, values));
  return {
    async get(space, field) {
      const { rows } = await query<{ value: string }>(
        'SELECT value FROM whisul_rx WHERE account = $1 AND space = $2 AND field = $3',
        [account, space, field],
      );
      return rows[0]?.value;
    },
    async put(space, field, value) {
      await query(
        `INSERT INTO whisul_rx VALUES ($1, $2, $3, $4)
         ON CONFLICT (account, space, field) DO UPDATE SET value = excluded.value`,
        [account, space, field, value],
      );
    },
    async remove(space, field) {
      await query('DELETE FROM whisul_rx WHERE account = $1 AND space = $2 AND field = $3', [account, space, field]);
    },
    async isEmpty(space) {
      const { rows } = await query('SELECT 1 FROM whisul_rx WHERE account = $1 AND space = $2 LIMIT 1', [
        account,
        space,
      ]);
      return rows.length === 0;
    },
    async *entries(space) {
      let after = '';
      while (true) {
        const { rows } = await query<{ field: string; value: string }>(
          `SELECT field, value FROM whisul_rx WHERE account = $1 AND space = $2 AND field > $3
           ORDER BY field LIMIT ${portion}`,
          [account, space, after],
        );
        for (const { field, value } of rows) yield [field, value];
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.field;
      }
    },
    async drop(space) {
      await query('DELETE FROM whisul_rx WHERE account = $1 AND space = $2', [account, space]);
    },
    async findRisk() {
      const { rows } = await query<{ name: string; setting: string }>(
        "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
      );
      const off = rows.filter(({ setting }) => setting === 'off').map(({ name }) => name);
      return off.length === 0 ? undefined : `a crash of Postgres loses commits (${off.join(' and ')} is off)`;
    },
    close: () => own.close(),
  };
}
