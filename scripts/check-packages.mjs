// Packs every public package as it would be published and looks at the tarballs: publint, are-the-types-wrong,
// what must be inside, which Node their dependencies want, and that the next release says something about it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packPackages, publicPackages } from './pack-packages.mjs';
import { refusedEngines } from './runtime-engines.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];

/** What `attw --profile esm-only` leaves out: the packages are ES modules and say so. */
const notForUs = ['node10', 'node16-cjs'];

const announced = readdirSync(join(root, '.changeset'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => readFileSync(join(root, '.changeset', file), 'utf8').split('---')[1] ?? '')
  .join('\n');

async function lintManifest(tarball) {
  const { pkg, messages } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function lintTypes(tarball, exports) {
  // A program has nothing to import.
  if (Object.keys(exports).every((path) => path === './package.json')) return [];
  const { types, problems: found = [] } = await checkPackage(tarball);
  if (!types) return ['attw: it has no types'];
  return found
    .filter(({ resolutionKind }) => !notForUs.includes(resolutionKind))
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

function lintFiles(files) {
  const missing = ['LICENSE', 'README.md'].filter((file) => !files.includes(file)).map((file) => `no ${file} inside`);
  const stray = files.filter((file) => /\.test\.|\.test-d\.|tsbuildinfo/.test(file));
  return stray.length === 0 ? missing : [...missing, `these should not be published: ${stray.join(', ')}`];
}

const tarballs = mkdtempSync(join(tmpdir(), 'whisul-rx-pack-'));
try {
  for (const { folder, name, exports, tarball: file } of packPackages(tarballs)) {
    const tarball = readFileSync(file);
    const contents = createPackageFromTarballData(tarball);
    const prefix = `/node_modules/${name}/`;
    const files = contents.listFiles().map((path) => path.replace(prefix, ''));
    const found = [...(await lintManifest(tarball)), ...(await lintTypes(contents, exports)), ...lintFiles(files)];
    found.push(...refusedEngines(folder));
    if (!announced.includes(name) && !existsSync(join(folder, 'CHANGELOG.md'))) {
      found.push('neither a changeset in .changeset/ nor a CHANGELOG.md mentions it');
    }
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

console.log(problems.length === 0 ? `${publicPackages().length} packages are fit to publish.` : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
