import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const check = new URL('../scripts/runtime-engines.mjs', import.meta.url).href;

/** What the check of `npm run check` says of some package folders. */
function refusedEngines(...folders: string[]): unknown {
  const program = `import { refusedEngines } from ${JSON.stringify(check)};
    console.log(JSON.stringify(${JSON.stringify(folders)}.flatMap((folder) => refusedEngines(folder))));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

/** Writes packages below a folder, by their path, that is gone after the test. */
function lay(manifests: Record<string, object>): string {
  const root = mkdtempSync(join(tmpdir(), 'whisul-rx-engines-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  for (const [path, manifest] of Object.entries(manifests)) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'package.json'), JSON.stringify({ version: '1.0.0', ...manifest }));
  }
  return root;
}

it('every published package can be installed on the oldest Node that it promises', () => {
  const folders = readdirSync(packages)
    .map((folder) => join(packages, folder))
    .filter((folder) => !readFileSync(join(folder, 'package.json'), 'utf8').includes('"private": true'));
  expect(folders.length).toBeGreaterThan(3);
  expect(refusedEngines(...folders)).toEqual([]);
});

it('a dependency that wants a newer Node is found, however far down and round in circles', () => {
  const root = lay({
    app: { engines: { node: '>=20.19' }, dependencies: { near: '*' }, devDependencies: { tool: '*' } },
    'app/node_modules/tool': { engines: { node: '>=99' } },
    'app/node_modules/near': { engines: { node: '^18 || >=20' }, dependencies: { far: '*' } },
    'app/node_modules/far': { engines: { node: '>=22.12' }, dependencies: { near: '*', '@no/engines': '*' } },
    'app/node_modules/@no/engines': {},
  });
  expect(refusedEngines(join(root, 'app'))).toEqual(['near > far 1.0.0 wants Node >=22.12, Node 20.19.0 is promised']);
});

it('peers count, also through a link; one that is optional may be missing, nothing else may', () => {
  const root = lay({
    app: {
      engines: { node: '>=20.19' },
      dependencies: { missing: '*' },
      peerDependencies: { peer: '*', spare: '*' },
      peerDependenciesMeta: { spare: { optional: true } },
    },
    'app/node_modules': {},
    'store/peer': { engines: { node: '>=24' } },
  });
  symlinkSync(join(root, 'store/peer'), join(root, 'app/node_modules/peer'));
  expect(refusedEngines(join(root, 'app'))).toEqual([
    'peer 1.0.0 wants Node >=24, Node 20.19.0 is promised',
    'missing is not installed',
  ]);
});

it('a package has to promise something', () => {
  expect(refusedEngines(join(lay({ app: {} }), 'app'))).toEqual(['its `engines` promises no Node']);
});
