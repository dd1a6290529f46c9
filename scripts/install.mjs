// Installs from the frozen lock file with the pinned pnpm. Needs Node and npm, nothing else:
// a pnpm on PATH is used only when it is exactly the pinned one, otherwise npm brings it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const version = packageManager.split('+')[0].split('@')[1];
const shell = process.platform === 'win32';
const env = { ...process.env, COREPACK_ENABLE_STRICT: '0' };
const onPath = spawnSync('pnpm', ['--version'], { encoding: 'utf8', shell, env }).stdout?.trim();
const pnpm = onPath === version ? ['pnpm'] : ['npm', 'exec', '--yes', `--package=pnpm@${version}`, '--', 'pnpm'];
const args = process.argv.slice(2);
const [command, ...rest] = [...pnpm, ...(args.length > 0 ? args : ['install', '--frozen-lockfile'])];
process.exit(spawnSync(command, rest, { stdio: 'inherit', shell, env }).status ?? 1);
