// Everything that must hold before a change lands, except the tests.
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = 'node_modules/.cache';
/** Two lanes, for two cores, each in its order; what comes after a failed `build` in its lane cannot run. */
const lanes = [
  [
    { name: 'build', command: 'tsc -b' },
    {
      name: 'types',
      command: `tsc -p tsconfig.vitest.json --incremental --tsBuildInfoFile ${cache}/vitest.tsbuildinfo`,
    },
    { name: 'packages', command: 'node scripts/check-packages.mjs', needs: 'build' },
    { name: 'size', command: 'node scripts/size.mjs', needs: 'build' },
  ],
  [
    { name: 'lint', command: `eslint . --cache --cache-strategy content --cache-location ${cache}/eslint/` },
    { name: 'format', command: 'prettier . --check --cache --cache-strategy content --log-level warn' },
    { name: 'unused', command: 'knip' },
  ],
];

const cwd = fileURLToPath(new URL('..', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const started = performance.now();
const failures = [];

/** Runs a command to its end: whether it succeeded, and all that it printed. */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(command, { cwd, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

async function drive(lane) {
  for (const { name, command, needs } of lane) {
    const since = performance.now();
    const { ok, output } = failures.some((failure) => failure.name === needs)
      ? { ok: false, output: `Not run: it needs ${needs}.` }
      : await run(command);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${((performance.now() - since) / 1_000).toFixed(1)} s`);
    if (!ok) failures.push({ name, output });
  }
}

await Promise.all(lanes.map(drive));
for (const { name, output } of failures) console.log(`\n--- ${name}\n${output.trim()}`);
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
const names = failures.map(({ name }) => name).join(', ');
console.log(failures.length === 0 ? `\nAll checks passed in ${seconds} s.` : `\nFailed in ${seconds} s: ${names}.`);
process.exitCode = failures.length === 0 ? 0 : 1;
