// Everything that must hold before a change lands, except the tests.
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Two at a time, for two cores, in this order: `sources` takes about as long as all the others together. */
const checks = [
  { name: 'build', command: 'tsc -b' },
  { name: 'sources', command: 'node scripts/check-sources.mjs' },
  { name: 'packages', command: 'node scripts/check-packages.mjs', needs: 'build' },
  { name: 'format', command: 'prettier . --check --cache --cache-strategy content --log-level warn' },
  {
    name: 'spelling',
    command:
      'cspell --no-progress --no-summary --cache --cache-strategy content --cache-location node_modules/.cache/cspell',
  },
  {
    name: 'vue',
    command:
      'node packages/examples/node_modules/vue-tsc/bin/vue-tsc.js --noEmit -p packages/examples/tsconfig.vue.json',
  },
  {
    name: 'svelte',
    command:
      'node packages/examples/node_modules/svelte-check/bin/svelte-check --workspace packages/examples/svelte --tsconfig ../tsconfig.svelte.json --fail-on-warnings --output human',
  },
  { name: 'imports', command: 'node scripts/check-imports.mjs' },
  { name: 'unused', command: 'knip' },
  { name: 'size', command: 'node scripts/size.mjs', needs: 'build' },
];

const cwd = fileURLToPath(new URL('..', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  // Room for young garbage: a fifth of what these programs do is collecting it.
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-semi-space-size=64`,
};
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

/** Whether each check has succeeded, once it has begun. */
const outcomes = new Map();

async function check({ name, command, needs }) {
  const ready = needs === undefined || (await outcomes.get(needs));
  const since = performance.now();
  const { ok, output } = ready ? await run(command) : { ok: false, output: `Not run: it needs ${needs}.` };
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${((performance.now() - since) / 1_000).toFixed(1)} s`);
  if (!ok) failures.push({ name, output });
  return ok;
}

async function work() {
  for (let next = checks.shift(); next !== undefined; next = checks.shift()) {
    const outcome = check(next);
    outcomes.set(next.name, outcome);
    await outcome;
  }
}

await Promise.all([work(), work()]);
for (const { name, output } of failures) console.log(`\n--- ${name}\n${output.trim()}`);
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
const names = failures.map(({ name }) => name).join(', ');
console.log(failures.length === 0 ? `\nAll checks passed in ${seconds} s.` : `\nFailed in ${seconds} s: ${names}.`);
process.exitCode = failures.length === 0 ? 0 : 1;
