import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache/programs', import.meta.url));
const windows = process.platform === 'win32';

/**
 * Installs a program from npm beside the project, once: `bun@1.4.5`, `yarn@1.22.22`.
 *
 * @returns the folder to put on PATH; `undefined` if the program could not be installed
 */
export function npmProgram(spec) {
  const folder = join(cache, spec.replaceAll('/', '+'));
  const bin = join(folder, 'node_modules', '.bin');
  if (!existsSync(bin)) {
    mkdirSync(folder, { recursive: true });
    // Without it npm would install into the project.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', spec];
    spawnSync('npm', args, { cwd: folder, stdio: 'inherit', shell: windows });
  }
  return existsSync(bin) ? bin : undefined;
}

/** The program of a version of Node: this one, if it is of that version, else npm brings it. */
export function nodeProgram(version) {
  if (`${process.versions.node}.`.startsWith(`${version}.`)) return process.execPath;
  const bin = npmProgram(`node@${version}`);
  const node = bin && join(dirname(bin), 'node/bin', windows ? 'node.exe' : 'node');
  return node !== undefined && existsSync(node) ? node : undefined;
}
