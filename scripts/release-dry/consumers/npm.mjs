import { versions } from '../versions.mjs';
import { everyPackage, drivers } from './every-package.mjs';

/** npm on every promised Node, which must admit every dependency; programs in both module systems. */
export const npm = versions.node.map((node) => ({
  name: `npm, Node ${node}`,
  node,
  // The Node that runs this is the one that most of the time is there already.
  quick: node === versions.node[0],
  packages: everyPackage,
  dependencies: drivers,
  programs: ['anywhere', 'node', 'commonjs'],
  install: 'npm install --engine-strict --no-audit --no-fund --loglevel=error',
  runs: {
    'ES modules': 'node node/everything.mjs',
    'CommonJS, through require(esm)': 'node commonjs/everything.cjs',
    'a cluster on Redis': 'node node/share-redis.mjs',
    'the command line': 'npx --no-install whisul-rx generate "a waltz" --emulate --duration 200ms --out songs',
  },
}));
