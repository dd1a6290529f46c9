// Runs the benches of the packages, one after the other, each in a process of its own.
// `npm run bench -- core sse --quick`: only files whose path holds one of the words; flags are handed on.
// A whole run, without words and --quick, rewrites docs/benchmarks.md.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePage } from './bench/write-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-'));

const benches = readdirSync(`${root}packages`)
  .flatMap((name) => {
    const folder = `packages/${name}/bench`;
    return existsSync(root + folder) ? readdirSync(root + folder).map((file) => `${folder}/${file}`) : [];
  })
  .filter((file) => file.endsWith('.bench.mjs'));
const chosen = benches.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (chosen.length === 0) {
  console.error(`No bench matches ${words.join(' ')}. There are:\n${benches.map((file) => `  ${file}`).join('\n')}`);
  process.exitCode = 1;
}

const folder = mkdtempSync(join(tmpdir(), 'whisul-bench-'));
const tables = join(folder, 'tables.jsonl');
const env = { ...process.env, WHISUL_BENCH_REPORT: tables };
const failed = [];
for (const file of chosen) {
  console.log(`\n=== ${file}`);
  const options = { cwd: root, stdio: 'inherit', env };
  const { status } = spawnSync(process.execPath, ['--expose-gc', file, ...flags], options);
  if (status !== 0) failed.push(file);
}

/** The versions of the peers that were measured, as they are installed. */
function versions() {
  const text = readFileSync(`${root}pnpm-workspace.yaml`, 'utf8');
  const names = ['rxjs', 'undici', 'cross-fetch', 'replicate', '@fal-ai/client', '@azure/core-lro', 'bullmq'];
  names.push('@tanstack/query-core', 'better-sse', 'hono', '@fastify/sse', 'eventsource-parser', 'p-map');
  const found = names.map((name) => [name, new RegExp(`^  '?${name}'?: (\\S+)$`, 'm').exec(text)?.[1]]);
  return Object.fromEntries(found.filter(([, version]) => version !== undefined));
}

if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
} else if (words.length === 0 && !flags.includes('--quick')) {
  const lines = readFileSync(tables, 'utf8').trim().split('\n');
  writePage(
    `${root}docs`,
    lines.map((line) => JSON.parse(line)),
    versions(),
  );
  console.log('\nWrote docs/benchmarks.md and its pictures. Run `npm run format` before you commit them.');
} else console.log('\ndocs/benchmarks.md is left as it is: only a whole run writes it.');
rmSync(folder, { recursive: true });
