// What an import costs a browser: bundled and minified by esbuild, rxjs left out (the app has it), gzip -9.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes (a KB has 1,024): the limit that no change may cross, and the target, which differs where it is missed. */
const shapes = [
  { import: { core: 'createWhisul' }, limit: 17_920, target: 15_360 },
  { import: { core: 'pollUntil' }, limit: 4_096 },
  { import: { core: 'batch$' }, limit: 8_192 },
  { import: { core: 'song, throwIfFailed, isTerminal' }, limit: 1_024 },
  { import: { core: 'jobSchema' }, limit: 9_216 },
  { import: { core: 'toAsyncIterable' }, limit: 1_024 },
  { import: { 'sse/client': 'createSseSource' }, limit: 9_216 },
  { import: { 'sse/client': 'createSseSource', core: 'song, toAsyncIterable' }, limit: 9_728 },
  { import: { 'sse/server': 'createJobsHandler' }, limit: 12_288 },
  { import: { 'sse/server': 'toSseResponse' }, limit: 5_120 },
];

async function measure({ import: imports, limit, target = limit }) {
  const entries = Object.entries(imports);
  const { outputFiles } = await build({
    stdin: {
      contents: entries.map(([entry, names]) => `export { ${names} } from '@whisul-rx/${entry}';`).join('\n'),
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['rxjs', 'rxjs/*'],
    logLevel: 'error',
  });
  const [{ contents }] = outputFiles;
  const name = entries.map(([entry, names]) => `${entry}: ${names}`).join('; ');
  return { name, minified: contents.length, gzip: gzipSync(contents, { level: 9 }).length, target, limit };
}

const results = await Promise.all(shapes.map(measure));
const width = Math.max(...results.map(({ name }) => name.length));
const right = (value) => String(value).padStart(9);
const row = (name, ...figures) => `${name.padEnd(width)} ${figures.map(right).join('')}`;
console.log(row('import', 'minified', 'gzip', 'target', 'limit'));
for (const { name, minified, gzip, target, limit } of results) {
  const verdict = gzip > limit ? '  OVER THE LIMIT' : gzip > target ? '  target missed' : '';
  console.log(row(name, minified, gzip, target, limit) + verdict);
}
process.exitCode = results.some(({ gzip, limit }) => gzip > limit) ? 1 : 0;
