// The dress rehearsal of a release: packs every package, installs the tarballs by name into fresh projects outside the
// workspace, as users will, and runs programs there. `npm run release:dry`; `-- yarn bun` for the consumers whose name has
// one of the words; `-- --quick` for those that take a minute together; `-- --keep` leaves the projects where they are.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackages } from '../pack-packages.mjs';
import { consumers } from './consumers.mjs';
import { Project } from './project.mjs';
import { serveRegistry } from './registry.mjs';

const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith('-'));
const chosen = consumers
  .filter(({ quick }) => !args.includes('--quick') || quick)
  .filter(({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase())));
const results = [];

/** Does one thing, and notes in which time it succeeded or not. */
async function note(consumer, run, work) {
  const since = performance.now();
  const { ok, output } = await work().catch((error) => ({ ok: false, output: String(error) }));
  const seconds = (performance.now() - since) / 1_000;
  results.push({ consumer, run, ok, seconds, output });
  console.log(line(results.at(-1)));
  if (!ok) console.log(output.replace(/^/gm, '         '));
  return ok;
}

const line = ({ consumer, run, ok, seconds }) =>
  `${ok ? 'ok    ' : 'FAILED'} ${`${seconds.toFixed(1)} s`.padStart(7)}  ${consumer.padEnd(width)}  ${run}`;
const width = Math.max(0, ...chosen.map(({ name }) => name.length));

async function rehearse(consumer, release) {
  let project;
  try {
    const begin = async () => {
      project = new Project(consumer, release);
      const { ok, output } = await project.run(consumer.install);
      const stale = ok ? project.staleFiles(release.packages) : [];
      return stale.length === 0 ? { ok, output } : { ok: false, output: `Not what was packed: ${stale.join(', ')}` };
    };
    if (!(await note(consumer.name, consumer.install, begin))) return;
    for (const [run, command] of Object.entries(consumer.runs)) {
      await note(consumer.name, run, () => project.run(command));
    }
  } finally {
    if (project && args.includes('--keep')) console.log(`       kept in ${project.folder}`);
    else project?.remove();
  }
}

const tarballs = mkdtempSync(join(tmpdir(), 'whisul-rx-pack-'));
const started = performance.now();
try {
  const packages = packPackages(tarballs);
  const registry = await serveRegistry(packages);
  const { stdout } = spawnSync('npm', ['config', 'get', 'registry'], { cwd: tarballs, encoding: 'utf8' });
  const { version } = packages[0];
  const release = { registry: registry.url, upstream: stdout.trim(), version, packages };
  console.log(`${packages.length} packages are packed. ${chosen.length} of ${consumers.length} consumers:\n`);
  const queue = [...chosen];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await rehearse(next, release);
  };
  // One waits for downloads while the other computes.
  await Promise.all([work(), work()]);
  await registry.close();
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

const order = new Map(chosen.map(({ name }, index) => [name, index]));
results.sort((a, b) => order.get(a.consumer) - order.get(b.consumer));
console.log(`\n${results.map(line).join('\n')}`);
const failed = results.filter(({ ok }) => !ok);
const seconds = ((performance.now() - started) / 1_000).toFixed(0);
console.log(`\n${results.length - failed.length} succeeded, ${failed.length} failed, in ${seconds} s.`);
process.exitCode = failed.length === 0 && results.length > 0 ? 0 : 1;
