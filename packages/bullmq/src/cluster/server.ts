import type { BackendFactory, ConnectionOptions, IQueueBackend, PgPool, PostgresPoolConfig } from 'bullmq';
import { assertPostgresVersion, isPgPool } from 'bullmq';
import { badOption } from '@whisul-rx/core/adapter';
import { CuttableSockets } from './cuttable-sockets.js';
import type { HashStore } from './hash-store.js';
import { createPatientPostgresBackend } from './patient-postgres-backend.js';
import { openPostgresStore } from './postgres-store.js';
import { createQuietRedisBackend } from './quiet-redis-backend.js';
import { openRedisStore } from './redis-store.js';

/** A Postgres server: a connection string, the options of a `pg.Pool` (with `schema`, by default `bullmq`), or a pool. */
export interface PostgresOptions {
  readonly postgres: string | PostgresPoolConfig | PgPool;
}

/**
 * Where the cluster keeps its state: a `redis://`, `rediss://`, `postgres://` or `postgresql://` URL; BullMQ's connection
 * options for Redis or Valkey, or a client of theirs; or {@link PostgresOptions}.
 */
export type ClusterConnection = string | ConnectionOptions | PostgresOptions;

/** A server that BullMQ works on. */
export interface Server {
  /** Events may be missed: of transactions that end at the same time, one may be passed over. */
  readonly missesEvents: boolean;
  /**
   * The priority of polls, of which the lowest number comes first. Postgres hands out records in the order in which they
   * were made, so without it a new submit would wait until older jobs need no poll. Redis hands them out by turns.
   */
  readonly pollPriority: number;
  readonly backend: BackendFactory<IQueueBackend, unknown>;
  /** Rejects when the server does not answer within that time, in ms. */
  openStore(account: string, timeout: number): Promise<HashStore>;
  /** Ends the connections that wait for the server's last word. */
  cut(): void;
}

/** How long a lost connection to Redis waits before the next try, in ms. BullMQ's own wait grows to 20 s. */
const reconnectGap = 1_000;

/** @throws WhisulError `invalid_request` for a value that is no connection */
export function resolveServer(connection: unknown): Server {
  if (typeof connection === 'string') {
    if (/^postgres(ql)?:\/\//.test(connection)) return postgresServer(connection);
    if (/^rediss?:\/\//.test(connection)) return redisServer({ url: connection });
  } else if (isObject(connection)) {
    return 'postgres' in connection ? postgresServer(connection['postgres']) : redisServer(connection);
  }
  throw badOption('connection', 'a redis:// or postgres:// URL, or the options of a connection');
}

function redisServer(given: ConnectionOptions): Server {
  // A command waits for a connection that is lost; the engine has time limits of its own.
  const isClient = 'duplicate' in given;
  const connection = isClient ? given : { retryStrategy: () => reconnectGap, ...given, maxRetriesPerRequest: null };
  return {
    missesEvents: false,
    pollPriority: 0,
    backend: (name, options, flags) => createQuietRedisBackend(name, { ...options, connection }, flags),
    openStore: (account, timeout) => openRedisStore(connection, account, timeout),
    cut: () => undefined,
  };
}

function postgresServer(given: unknown): Server {
  const sockets = new CuttableSockets();
  const pool = poolOf(given);
  const connection = isPgPool(pool) ? pool : { stream: sockets.stream, ...pool };
  // Else it prints, once a process, that a newer Postgres would be better, which is in the guide.
  Reflect.set(assertPostgresVersion, '_warnedRecommendedVersion', true);
  return {
    missesEvents: true,
    pollPriority: 1,
    backend: (name, options, flags) => createPatientPostgresBackend(name, { ...options, connection }, flags),
    openStore: (account, timeout) => openPostgresStore(withTimeLimit(connection, timeout), account),
    cut() {
      sockets.cut();
    },
  };
}

function poolOf(given: unknown): PgPool | PostgresPoolConfig {
  if (isPgPool(given)) return given;
  if (typeof given === 'string') return { connectionString: given, migrate: true };
  if (isObject(given)) return { migrate: true, ...given };
  throw badOption('connection.postgres', 'a postgres:// URL, the options of a pg.Pool, or a pg.Pool');
}

function withTimeLimit(connection: PgPool | PostgresPoolConfig, timeout: number): PgPool | PostgresPoolConfig {
  return isPgPool(connection) ? connection : { connectionTimeoutMillis: timeout, ...connection };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
