import { expect, it } from 'vitest';
import { fromStored, toStored } from './stored-text.js';

const texts = [
  'a\u0000b',
  'half a pair: \ud83c',
  'the other half: \udfb5',
  'halves the wrong way round: \udfb5\ud83c',
  'the mark: \ufdd0, and what it makes: \ufdd00000',
  'a backslash that was there: \\u0000 \\ud83c \\\\u0000',
  'controls: \u0001\u001b\u007f\u0085\u2028',
  '🎵',
];

it.each(texts)('gives %j back as it was', (text) => {
  const value = { text, list: [{ text }, 1, null, true], [text]: 'a name' };
  const kept: unknown = JSON.parse(JSON.stringify(toStored(value)));
  expect(fromStored(kept)).toEqual(value);
});

it.each(texts)('stores nothing of %j that Postgres refuses', (text) => {
  expect(JSON.stringify(toStored({ text, [text]: 'a name' }))).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d)/);
});

it('leaves other text as it is, for those who look at the queue', () => {
  const value = { prompt: 'a "song" with ♪, 🎵 and \\u0000' };
  expect(toStored(value)).toEqual(value);
});
