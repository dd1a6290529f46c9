import { versions } from '../versions.mjs';
import { everyPackage, drivers } from './every-package.mjs';

/** pnpm links each package to its own dependencies only: one that is not declared is not found. */
export const pnpm = {
  name: `pnpm ${versions.pnpm}`,
  tools: [`pnpm@${versions.pnpm}`],
  packages: everyPackage,
  dependencies: drivers,
  programs: ['anywhere', 'node', 'commonjs'],
  install: 'pnpm install --reporter=silent --ignore-scripts',
  runs: {
    'ES modules': 'node node/everything.mjs',
    'CommonJS, through require(esm)': 'node commonjs/everything.cjs',
  },
};
