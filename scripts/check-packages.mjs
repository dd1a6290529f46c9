// Packs every public package as it would be published and looks at the tarballs: publint, are-the-types-wrong,
// what must be inside, and that the next release says something about it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages'))
  .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
  .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) }))
  .filter((manifest) => !manifest.private);
const problems = [];

/** Runs a command and tells its output; what fails is kept as a problem of `name`. */
function run(name, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) problems.push(`${name}: ${command} ${args[0] ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
  return stdout ?? '';
}

const announced = readdirSync(join(root, '.changeset'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => readFileSync(join(root, '.changeset', file), 'utf8').split('---')[1] ?? '')
  .join('\n');

const tarballs = mkdtempSync(join(tmpdir(), 'whisul-rx-pack-'));
try {
  const filters = packages.flatMap(({ name }) => ['--filter', name]);
  run('pack', process.execPath, [
    join(root, 'scripts/bootstrap.mjs'),
    ...filters,
    ...['--recursive', 'pack', '--pack-destination', tarballs],
  ]);
  for (const { folder, name, version } of packages) {
    const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    if (!existsSync(tarball)) continue;
    run(name, 'publint', ['run', tarball, '--strict']);
    run(name, 'attw', [tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii']);
    const files = run(name, 'tar', ['-tzf', tarball]).split('\n');
    for (const file of ['LICENSE', 'README.md']) {
      if (!files.includes(`package/${file}`)) problems.push(`${name}: no ${file} in the tarball`);
    }
    const stray = files.filter((file) => /\.test\.|\.test-d\.|tsbuildinfo/.test(file));
    if (stray.length > 0) problems.push(`${name}: these should not be published: ${stray.join(', ')}`);
    if (!announced.includes(name) && !existsSync(join(root, 'packages', folder, 'CHANGELOG.md'))) {
      problems.push(`${name}: neither a changeset in .changeset/ nor a CHANGELOG.md mentions it`);
    }
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

console.log(problems.length === 0 ? `${packages.length} packages are fit to publish.` : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
