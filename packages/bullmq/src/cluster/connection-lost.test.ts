import { WhisulError } from '@whisul-rx/core';
import { expect, it } from 'vitest';
import { isConnectionLost } from './connection-lost.js';

const refused = 'connect ECONNREFUSED 127.0.0.1:5432';

it.each([
  refused,
  'read ECONNRESET',
  'getaddrinfo EAI_AGAIN db',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'terminating connection due to administrator command',
  'the database system is shutting down',
  'the database system is starting up',
  'the database system is in recovery mode',
  'the database system is not yet accepting connections',
  'sorry, too many clients already',
  'too many connections for role "app"',
  'remaining connection slots are reserved for roles with the SUPERUSER attribute',
])('waits for a server that says "%s"', (said) => {
  expect(isConnectionLost(new Error(said))).toBe(true);
});

it.each(['57P01', '57P02', '57P03', '53300', '40P01'])('waits after code %s of Postgres in every language', (code) => {
  expect(isConnectionLost(Object.assign(new Error('Das geht hier nicht'), { code }))).toBe(true);
});

it('reads an error of several addresses', () => {
  const both = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error(refused)]);
  expect([both.message, isConnectionLost(both)]).toEqual(['', true]);
});

it.each([
  new Error('cannot execute INSERT in a read-only transaction'),
  new Error('password authentication failed for user "app"'),
  new Error('Cannot use a pool after calling end on the pool'),
  new WhisulError('engine', `The server cannot be reached. (${refused})`),
  refused,
])('does not wait after %s', (error) => {
  expect(isConnectionLost(error)).toBe(false);
});
