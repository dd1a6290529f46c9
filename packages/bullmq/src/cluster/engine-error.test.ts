import { WhisulError } from '@whisul-rx/core';
import { SchemaMigrationRequiredError, SchemaVersionMismatchError, UnsupportedPostgresVersionError } from 'bullmq';
import { expect, it } from 'vitest';
import { engineError } from './engine-error.js';

it.each([
  ["BullMQ could not load the optional 'ioredis' package.", /npm install ioredis/],
  ["The PostgreSQL backend could not load the optional 'pg' package.", /npm install pg/],
  ["OOM command not allowed when used memory > 'maxmemory'.", /full/],
  ["READONLY You can't write against a read only replica.", /Connect to the primary/],
  ['MISCONF Redis is configured to save RDB snapshots', /disk/],
  ['WRONGPASS invalid username-password pair', /password/],
  ['password authentication failed for user "postgres"', /password/],
  ['Redis version needs to be greater or equal than 5.0.0 Current: 4.0.0', /too old/],
  ["CROSSSLOT Keys in request don't hash to the same slot", /Connect to a Redis of one server/],
  ['function publish_event(unknown, unknown, jsonb) does not exist', /search_path=bullmq/],
  ['Invalid URL', /URL in `connection`/],
  ['connect ECONNREFUSED 127.0.0.1:6379', /cannot be reached/],
  ['something nobody has seen', /something nobody has seen/],
])('says what to do about "%s"', (said, advice) => {
  const cause = new Error(said);
  const error = engineError(cause, { jobId: 'abc' });
  expect([error.code, error.jobId, error.cause]).toEqual(['engine', 'abc', cause]);
  expect(error.message).toMatch(advice);
  expect(error.message).toMatch(/^Job abc: /);
});

it.each([
  [new UnsupportedPostgresVersionError('12.22', 13), /^This Postgres is too old/],
  [new SchemaVersionMismatchError(7, 6), /Update `bullmq`/],
  [new SchemaMigrationRequiredError('bullmq'), /runMigrations/],
])('knows the words of BullMQ: %s', (cause, advice) => {
  expect(engineError(cause).message).toMatch(advice);
});

it.each([
  ['28P01', /password/],
  ['25006', /primary/],
  ['53300', /max_connections/],
  ['53100', /disk/],
  ['42501', /rights/],
])('knows what code %s of Postgres means in every language', (code, advice) => {
  const cause = Object.assign(new Error('Das geht hier nicht'), { code });
  expect(engineError(cause).message).toMatch(advice);
});

it('reads an error of several addresses', () => {
  const both = new AggregateError([
    new Error('connect ECONNREFUSED ::1:1'),
    new Error('connect ECONNREFUSED 127.0.0.1:1'),
  ]);
  expect(engineError(both).message).toMatch(/cannot be reached.*::1:1, .*127\.0\.0\.1:1/);
});

it('leaves an error alone that was understood already', () => {
  const error = new WhisulError('closed', 'The engine was closed.');
  expect(engineError(error)).toBe(error);
});
