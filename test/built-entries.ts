import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/** A way into a published package: the name that users import, and the built file behind it. */
interface BuiltEntry {
  readonly name: string;
  readonly file: string;
}

/** Every entry of every published package, read from their `exports`. `npm run build` makes the files. */
export function builtEntries(): BuiltEntry[] {
  return readdirSync(packages)
    .filter((folder) => existsSync(join(packages, folder, 'package.json')))
    .flatMap((folder) => {
      const manifest = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
      if (manifest.private === true) return [];
      const paths: [string, unknown][] = Object.entries(manifest.exports);
      return paths.flatMap(([path, target]) =>
        typeof target === 'object' && target !== null && 'default' in target && typeof target.default === 'string'
          ? [{ name: join(manifest.name, path), file: join(packages, folder, target.default) }]
          : [],
      );
    });
}
