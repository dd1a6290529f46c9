import { versions } from '../versions.mjs';

/** The runtime of Cloudflare Workers: two viewers of one job, and a client within the worker. */
export const workers = {
  name: `workerd ${versions.workerd}`,
  packages: ['core', 'sse', 'emulator'],
  dependencies: { rxjs: '^7.8.0', workerd: versions.workerd, esbuild: versions.esbuild },
  programs: ['anywhere', 'worker'],
  install: 'npm install --no-audit --no-fund --loglevel=error',
  runs: {
    // As Cloudflare's own bundler does it.
    bundle:
      'esbuild worker/worker.mjs --bundle --format=esm --platform=browser --conditions=workerd,worker,browser --log-level=warning --outfile=bundles/worker.js',
    'two viewers of one job': 'node worker/serve.mjs',
  },
};
