import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { engineLaws } from './engine-laws.js';
import { guarantees } from './guarantees.js';
import { receiptLaws } from './receipt-laws.js';
import { sharingLaws } from './sharing-laws.js';
import { streamLaws } from './stream-laws.js';
import { submittedLaws } from './submitted-laws.js';
import { wireEngineLaws, wireLaws } from './wire-laws.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the README explains every id, in the words that a failed test prints', () => {
  const rows = [...readme.matchAll(/^\| (?<id>[A-Z]\d+) +\| (?<text>.*?) +\|$/gm)].map(({ groups }) => groups);
  const explained = Object.fromEntries(rows.map((row) => [row?.['id'], row?.['text']?.replaceAll('`', '')]));
  expect(explained).toEqual(guarantees);
});

const laws = [streamLaws, sharingLaws, engineLaws, receiptLaws, submittedLaws, wireLaws, wireEngineLaws].flat();

test('every guarantee is checked by a law', () => {
  const checked = new Set<string>(laws.flatMap((law) => law.guarantees));
  expect(Object.keys(guarantees).filter((id) => !checked.has(id))).toEqual([]);
});

test('no two laws have the same name', () => {
  const names = laws.map(({ guarantees: ids, name }) => `${ids.join(', ')}: ${name}`);
  expect(new Set(names).size).toBe(names.length);
});
