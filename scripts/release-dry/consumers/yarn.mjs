import { versions } from '../versions.mjs';
import { everyPackage, drivers } from './every-package.mjs';

/** Yarn 1 refuses a dependency that does not admit the running Node, and installs no peers. */
export const yarn = {
  name: `Yarn ${versions.yarn}`,
  node: versions.node[0],
  tools: [`yarn@${versions.yarn}`],
  packages: everyPackage,
  dependencies: drivers,
  programs: ['anywhere', 'node', 'commonjs'],
  install: 'yarn install --non-interactive --silent',
  runs: {
    'ES modules': 'node node/everything.mjs',
    'CommonJS, through require(esm)': 'node commonjs/everything.cjs',
  },
};
