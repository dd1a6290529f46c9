import { nodeResolve } from '@rollup/plugin-node-resolve';

export default {
  input: 'browser/page.mjs',
  output: { dir: 'bundles/rollup', entryFileNames: 'page.js' },
  plugins: [nodeResolve({ browser: true })],
};
