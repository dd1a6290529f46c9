// Runs the tests on other versions of Node, which npm brings: `npm run test:nodes`, or with versions and vitest's
// arguments: `npm run test:nodes -- 22 26 packages/core`. Prints at the end which passed.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from './npm-program.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const isVersion = (arg) => /^\d+(\.\d+)*$/.test(arg);
const given = process.argv.slice(2);
const versions = given.some(isVersion) ? given.filter(isVersion) : ['20', '22', '24', '26'];
const rest = given.filter((arg) => !isVersion(arg));

const outcomes = versions.map((version) => {
  const node = nodeProgram(version);
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
