import { expect, it } from 'vitest';
import { uncompressSnappy } from './uncompress-snappy.js';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

it.each([
  ['nothing', bytes([0]), ''],
  ['bytes as they are', bytes([5, 4 << 2], 'hello'), 'hello'],
  ['many bytes as they are', bytes([100, 60 << 2, 99], 'x'.repeat(100)), 'x'.repeat(100)],
  ['more than a byte can count', bytes([0xac, 0x02, 61 << 2, 0x2b, 0x01], 'y'.repeat(300)), 'y'.repeat(300)],
  ['a copy from near by', bytes([8, 3 << 2], 'abcd', [1, 4]), 'abcdabcd'],
  ['a copy that reaches into itself', bytes([10, 0], 'a', [(5 << 2) | 1, 1]), 'a'.repeat(10)],
  ['a copy from further away', bytes([7, 3 << 2], 'abcd', [(2 << 2) | 2, 4, 0]), 'abcdabc'],
  ['a copy from anywhere', bytes([7, 3 << 2], 'abcd', [(2 << 2) | 3, 4, 0, 0, 0]), 'abcdabc'],
])('uncompresses %s', (_, compressed, text) => {
  expect(uncompressSnappy(compressed).toString('latin1')).toBe(text);
});

it.each([
  ['is empty', bytes()],
  ['ends early', bytes([5, 4 << 2], 'hell')],
  ['is shorter than it says', bytes([6, 4 << 2], 'hello')],
  ['is longer than it says', bytes([4, 4 << 2], 'hello')],
  ['copies from before the beginning', bytes([8, 3 << 2], 'abcd', [1, 5])],
  ['copies from where it is', bytes([8, 3 << 2], 'abcd', [1, 0])],
  ['copies more than there is room for', bytes([7, 3 << 2], 'abcd', [1, 4])],
])('throws for what %s', (_, compressed) => {
  expect(() => uncompressSnappy(compressed)).toThrow(RangeError);
});
