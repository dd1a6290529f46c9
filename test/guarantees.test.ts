import { expect, it } from 'vitest';
import { readSource } from './run-example.js';

const page = await readSource('docs/reference/guarantees.md');
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((text): [string, string] => [/^\w+/.exec(text)?.[0] ?? '', text]);

it('every guarantee has an id of its own', () => {
  const ids = sections.map(([id]) => id);
  expect(ids.every((id) => /^[JGBAS]\d+$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(30);
});

it.each(sections)('%s names a test that exists', async (_, text) => {
  const tests = [...text.matchAll(/`([^`]+)`\s+in\s+`(packages\/[^`]+\.ts)`/g)];
  expect(tests).not.toEqual([]);
  for (const [, name = '', file = ''] of tests) expect(await readSource(file), name).toContain(name);
});
