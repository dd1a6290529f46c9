// What an import costs a browser: bundled and minified by esbuild, rxjs left out (the app has it), gzip -9.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes (a KB has 1,024): the target, and the limit that no change may cross. They differ where the target is missed. */
const budgets = [
  {
    name: 'core: createWhisul',
    from: 'packages/core',
    code: "export { createWhisul } from './dist/index.js'",
    target: 15_360,
    limit: 17_920,
  },
  {
    name: 'sse/client: createSseSource',
    from: 'packages/sse',
    code: "export { createSseSource } from './dist/client.js'",
    target: 9_216,
    limit: 9_216,
  },
];

let over = false;
console.log(
  `${'import'.padEnd(28)} ${'minified'.padStart(9)} ${'gzip'.padStart(8)} ${'target'.padStart(8)} ${'limit'.padStart(8)}`,
);
for (const { name, from, code, target, limit } of budgets) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(`../${from}`, import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['rxjs', 'rxjs/*'],
    logLevel: 'error',
  });
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  over ||= size > limit;
  const figures = [outputFiles[0].contents.length, size, target, limit].map((bytes, index) =>
    String(bytes).padStart(index === 0 ? 9 : 8),
  );
  const verdict = size > limit ? '  OVER THE LIMIT' : size > target ? '  target missed' : '';
  console.log(`${name.padEnd(28)} ${figures.join(' ')}${verdict}`);
}
process.exitCode = over ? 1 : 0;
