import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Where the CI run wants vitest's report beside what is printed. */
const results = process.env['TEST_RESULTS'];
const packages = fileURLToPath(new URL('./packages/', import.meta.url));

export default defineConfig({
  // Tests import packages by name and get their sources: no build is needed to run them.
  resolve: {
    alias: [
      { find: /^@whisul-rx\/([\w-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@whisul-rx\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
  test: {
    restoreMocks: true,
    // No test measures time; one that hangs is ended.
    testTimeout: 240_000,
    // Most of a test's time is waiting: on two cores four files at once keep both busy.
    maxWorkers: 4,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    // What was built is loaded by Node itself, as it will be where it is installed.
    server: { deps: { external: [/\/packages\/[\w-]+\/dist\//] } },
    include: ['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts'],
    typecheck: {
      enabled: true,
      tsconfig: './tsconfig.vitest.json',
      include: ['packages/*/{src,test}/**/*.test-d.ts'],
    },
  },
});
