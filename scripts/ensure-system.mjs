// The programs that tests need beside Node: a browser, a proxy and a store. Nothing is skipped where they are missing:
// they are installed where that may be done (root on Debian), else this says what to install, and fails.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const needs = [
  {
    what: 'a Chromium browser',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    debian: 'chromium',
  },
  { what: 'nginx', names: ['nginx'], debian: 'nginx' },
  { what: 'Redis', names: ['redis-server'], debian: 'redis-server' },
];

// Debian keeps nginx where the PATH of plain users does not look.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isMissing = ({ names }) => !names.some((name) => folders.some((folder) => isProgram(join(folder, name))));
const isRoot = process.getuid?.() === 0;
const hasApt = folders.some((folder) => isProgram(join(folder, 'apt-get')));

const missing = needs.filter(isMissing);
if (missing.length > 0 && isRoot && hasApt) {
  const packages = missing.map(({ debian }) => debian);
  console.log(
    `Tests need ${missing.map(({ what }) => what).join(', ')}: installing ${packages.join(' ')} with apt-get.`,
  );
  // Another run may be installing the same.
  const patient = ['-o', 'DPkg::Lock::Timeout=120'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-q', ...patient],
    ['install', '-qq', '-y', '--no-install-recommends', ...patient, ...packages],
  ]) {
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
}
const absent = needs.filter(isMissing);
if (absent.length > 0) {
  console.error(
    `The tests need ${absent.map(({ what, names }) => `${what} (${names.join(' or ')} on PATH)`).join(' and ')}.`,
  );
  console.error(
    `On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${absent.map(({ debian }) => debian).join(' ')}`,
  );
  process.exitCode = 1;
}
