import { expect, it } from 'vitest';
import { readBatch } from './read-batch.js';

const header = Buffer.alloc(12);
const put = Buffer.from('\x01\x03key\x05value');
const remove = Buffer.from('\x00\x05other');

it('reads the keys of a record', () => {
  expect(readBatch(Buffer.concat([header, put, remove]))?.map(String)).toEqual(['key', 'other']);
});

it.each([
  ['is cut', put.subarray(0, -1)],
  ['has an unknown change', Buffer.from('\x02\x03key')],
])('makes nothing of a record that %s', (_, changes) => {
  expect(readBatch(Buffer.concat([header, changes]))).toBeUndefined();
});
