import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { minVersion, satisfies } from 'semver';

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Where a package finds another one, as Node looks for it. */
function locate(name, from) {
  const found = join(from, 'node_modules', name);
  if (existsSync(join(found, 'package.json'))) return realpathSync(found);
  return dirname(from) === from ? undefined : locate(name, dirname(from));
}

/**
 * What comes along when a package is installed and used, dependencies of dependencies and peers included, and does not
 * admit the oldest Node that the package promises: `npm install` with `engine-strict` fails there. One sentence each.
 */
export function refusedEngines(folder) {
  const { engines } = read(folder);
  const oldest = engines?.node === undefined ? null : minVersion(engines.node)?.version;
  if (!oldest) return ['its `engines` promises no Node'];
  const problems = [];
  const seen = new Set();
  const visit = (from, path) => {
    if (seen.has(from)) return;
    seen.add(from);
    const { version, engines: own, dependencies, peerDependencies, peerDependenciesMeta } = read(from);
    const admitted = own?.node ?? '*';
    if (!satisfies(oldest, admitted)) {
      problems.push(`${path.join(' > ')} ${version} wants Node ${admitted}, Node ${oldest} is promised`);
    }
    for (const name of Object.keys({ ...peerDependencies, ...dependencies })) {
      const found = locate(name, from);
      if (found !== undefined) visit(found, [...path, name]);
      else if (!peerDependenciesMeta?.[name]?.optional)
        problems.push(`${[...path, name].join(' > ')} is not installed`);
    }
  };
  visit(realpathSync(folder), []);
  return problems;
}
