import { nodeResolve } from '@rollup/plugin-node-resolve';

export default {
  input: 'browser/page.mjs',
  output: { dir: 'bundles/rollup', entryFileNames: 'page.js' },
  // Dependencies have warnings of their own.
  onwarn(warning) {
    if (JSON.stringify(warning).includes('@whisul-rx')) throw new Error(warning.message);
  },
  plugins: [nodeResolve({ browser: true })],
};
