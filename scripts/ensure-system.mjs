// The programs that tests need beside Node: a browser, a proxy, a store and what makes certificates. Nothing is skipped
// if they are missing: they are installed if that may be done (root on Debian), else this says what to install, and fails.
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
  { what: 'openssl', names: ['openssl'], debian: 'openssl' },
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

/** Runs apt-get; while another one is at work, for up to two minutes, it waits. */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const deadline = Date.now() + 120_000;
  for (;;) {
    const options = { encoding: 'utf8', env, stdio: ['ignore', 'ignore', 'pipe'] };
    const { stderr } = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], options);
    // The option is for the lock of dpkg; those of the lists and the archives are not waited for.
    if (/could not get lock/i.test(stderr) && Date.now() < deadline) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    } else {
      process.stderr.write(stderr);
      return;
    }
  }
}

const missing = needs.filter(isMissing);
if (missing.length > 0 && isRoot && hasApt) {
  const packages = missing.map(({ debian }) => debian);
  console.log(
    `Tests need ${missing.map(({ what }) => what).join(', ')}: installing ${packages.join(' ')} with apt-get.`,
  );
  apt('update', '-q');
  apt('install', '-qq', '-y', '--no-install-recommends', ...packages);
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
