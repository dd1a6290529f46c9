import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The packages that are published: their manifests, with the folder of each. */
export function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter((manifest) => !manifest.private);
}

/**
 * Packs every public package into a folder, as it would be published, with one start of pnpm.
 *
 * @returns the manifests, each with the `tarball` of its package
 */
export function packPackages(folder) {
  const packages = publicPackages();
  const filters = packages.flatMap(({ name }) => ['--filter', name]);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/bootstrap.mjs'), ...filters, '--recursive', 'pack', '--pack-destination', folder],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`pnpm pack failed:\n${stdout}${stderr}`);
  return packages.map((manifest) => {
    const tarball = join(folder, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);
    if (!existsSync(tarball)) throw new Error(`${manifest.name} was not packed.`);
    return { ...manifest, tarball };
  });
}
