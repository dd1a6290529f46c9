import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { builtEntries } from './built-entries.js';

/** What the built files of each entry may import from outside: nothing else is installed, and browsers have no Node. */
const portable: Record<string, string[]> = {
  '@whisul-rx/core': ['cross-fetch', 'rxjs', 'zod/mini'],
  '@whisul-rx/core/adapter': ['rxjs', 'zod/mini'],
  '@whisul-rx/sse/client': ['@whisul-rx/core', '@whisul-rx/core/adapter', 'eventsource-parser', 'rxjs'],
  '@whisul-rx/sse/server': ['@whisul-rx/core', '@whisul-rx/core/adapter', 'rxjs'],
  '@whisul-rx/emulator': ['@whisul-rx/core', '@whisul-rx/core/adapter', 'fast-png', 'hono', 'rxjs'],
};

async function importedBy(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'neutral',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return [...new Set(imports.filter(({ external }) => external).map(({ path }) => path))].sort();
}

it.each(Object.entries(portable))('%s runs anywhere: it imports only %s', async (name, allowed) => {
  const entry = builtEntries().find((candidate) => candidate.name === name);
  const imported = await importedBy(entry?.file ?? name);
  expect(imported).not.toEqual([]);
  expect(imported.filter((path) => !allowed.includes(path))).toEqual([]);
});
