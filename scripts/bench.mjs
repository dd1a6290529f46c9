// Runs the benches of the packages, one after the other, each in a process of its own.
// `npm run bench -- core sse --quick`: only files whose path holds one of the words; flags are handed on.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-'));

const benches = readdirSync(`${root}packages`)
  .flatMap((name) => {
    const folder = `packages/${name}/bench`;
    return existsSync(root + folder) ? readdirSync(root + folder).map((file) => `${folder}/${file}`) : [];
  })
  .filter((file) => file.endsWith('.bench.mjs'));
const chosen = benches.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (chosen.length === 0) {
  console.error(`No bench matches ${words.join(' ')}. There are:\n${benches.map((file) => `  ${file}`).join('\n')}`);
  process.exitCode = 1;
}

const failed = [];
for (const file of chosen) {
  console.log(`\n=== ${file}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', file, ...flags], { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(file);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
