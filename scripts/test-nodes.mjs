// Runs the tests on other versions of Node, which npm brings: `npm run test:nodes`, or with versions and vitest's
// arguments: `npm run test:nodes -- 22 26 packages/core`. Prints at the end which passed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';
const isVersion = (arg) => /^\d+(\.\d+)*$/.test(arg);
const given = process.argv.slice(2);
const versions = given.some(isVersion) ? given.filter(isVersion) : ['20', '22', '24', '26'];
const rest = given.filter((arg) => !isVersion(arg));

/** The program of a version; `undefined` when it cannot be had. */
function getNode(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const folder = join(root, 'node_modules/.cache/nodes', version);
  const node = join(folder, 'node_modules/node/bin', windows ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    // Without it npm would install into the project.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`];
    spawnSync('npm', args, { cwd: folder, stdio: 'inherit', shell: windows });
  }
  return existsSync(node) ? node : undefined;
}

const outcomes = versions.map((version) => {
  const node = getNode(version);
  if (node === undefined) return [version, 'could not be installed'];
  console.log(`\nThe tests on Node ${version}:`);
  // Programs that tests start by name find the same one.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...rest];
  const { status } = spawnSync(node, args, { cwd: root, env, stdio: 'inherit' });
  return [version, status === 0 ? 'passed' : 'failed'];
});

console.log('');
for (const [version, outcome] of outcomes) console.log(`Node ${version.padEnd(8)} ${outcome}`);
process.exitCode = outcomes.every(([, outcome]) => outcome === 'passed') ? 0 : 1;
