import { readdirSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// The rules of CONTRIBUTING.md that a linter cannot see.
const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const files = readdirSync(packages, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
  .map((entry) => relative(packages, `${entry.parentPath}/${entry.name}`))
  .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file));
const tests = /\.(test|test-d|bench)\.(ts|mjs)$/;

describe('files', () => {
  it('have names in kebab-case', () => {
    // Nuxt makes paths of these names: `[...id].ts`.
    const named = files.filter((file) => !file.startsWith('examples/nuxt/server/api/'));
    expect(named.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z-]+)*$/.test(basename(file)))).toEqual([]);
  });

  it('are named after what they give, not after what kind of thing it is', () => {
    const drawers = /^(utils?|helpers?|types?|common|constants?|misc|shared)\.(ts|mjs)$/;
    expect(files.filter((file) => drawers.test(basename(file)))).toEqual([]);
  });
});

describe('published sources', () => {
  const sources = files.filter((file) => /^[^/]+\/src\//.test(file) && !tests.test(file));

  it('are there', () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  it('have no leftovers', () => {
    const marker = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''));
    expect(sources.filter((file) => marker.test(readFileSync(packages + file, 'utf8')))).toEqual([]);
  });
});
