import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSource } from './run-example.js';

// docs/reference/compatibility.md says what is promised and tested. Here it is held against what is true.
const root = fileURLToPath(new URL('..', import.meta.url));
const page = await readSource('docs/reference/compatibility.md');

/** The cells of the table row whose first cell begins so. */
function row(name: string): string[] {
  const line = page.split('\n').find((text) => text.startsWith(`| ${name}`)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

/** What `npm run release:dry` runs the consumers with: `name: 'version'` and `name: ['version', …]`. */
async function versions(): Promise<Record<string, string[]>> {
  const source = await readSource('scripts/release-dry/versions.mjs');
  const entries = [...source.matchAll(/^ {2}(\w+): (.*),$/gm)];
  return Object.fromEntries(
    entries.map(([, name = '', value = '']) => [name, [...value.matchAll(/'([^']+)'/g)].map(([, one = '']) => one)]),
  );
}

it('the page names the versions that a release is tried with', async () => {
  const rows = { esbuild: 'esbuild', vite: 'esbuild', webpack: 'esbuild', rollup: 'esbuild' };
  const names = { ...rows, workerd: 'Cloudflare', oldChromium: 'Chrome', node: 'Node', typescript: 'TypeScript' };
  const firstCells: Record<string, string> = {
    ...names,
    bun: 'Bun',
    deno: 'Deno',
    yarn: 'Yarn',
    pnpm: 'pnpm',
    next: 'Next',
    nuxt: 'Nuxt',
  };
  const tried = await versions();
  expect(Object.keys(tried).sort()).toEqual(Object.keys(firstCells).sort());
  for (const [name, list] of Object.entries(tried)) {
    for (const version of list) expect(row(firstCells[name] ?? name)[3], name).toContain(version);
  }
});

it('a release is tried with what the workspace has pinned', async () => {
  const workspace = await readSource('pnpm-workspace.yaml');
  const { packageManager } = JSON.parse(await readSource('package.json'));
  const tried = await versions();
  expect(packageManager).toBe(`pnpm@${tried['pnpm']?.[0] ?? ''}`);
  for (const name of ['esbuild', 'vite', 'workerd']) {
    expect(workspace).toMatch(new RegExp(`^ {2}${name}: ${tried[name]?.[0] ?? ''}$`, 'm'));
  }
});

it('the oldest Node is the one of every package, and is tried itself', async () => {
  const promised = /^([\d.]+) and newer$/.exec(row('Node')[2] ?? '')?.[1];
  const { engines } = JSON.parse(readFileSync(`${root}packages/core/package.json`, 'utf8'));
  expect(engines.node).toBe(`>=${promised ?? ''}`);
  expect((await versions())['node']?.[0]).toBe(`${promised ?? ''}.0`);
});
