import { versions } from '../versions.mjs';

const visit = (bundler) => `node browser/visit.mjs bundles/${bundler}/page.js`;
const bundlers = {
  esbuild:
    'esbuild browser/page.mjs --bundle --minify --format=esm --log-level=warning --outfile=bundles/esbuild/page.js',
  vite: 'vite build --config browser/vite.config.mjs',
  webpack: 'node browser/webpack.mjs',
  rollup: 'rollup --config browser/rollup.config.mjs --silent',
};

/** One page, bundled by each bundler with its defaults for browsers, and opened in Chromium. */
export const bundles = {
  name: 'bundles in Chromium',
  packages: ['core', 'sse', 'emulator'],
  dependencies: {
    rxjs: '^7.8.0',
    'playwright-core': '1.65.1',
    '@rollup/plugin-node-resolve': '^16.0.0',
    ...Object.fromEntries(Object.keys(bundlers).map((name) => [name, versions[name]])),
  },
  programs: ['anywhere', 'browser'],
  install: 'npm install --no-audit --no-fund --loglevel=error',
  runs: Object.fromEntries(Object.entries(bundlers).map(([name, build]) => [name, `${build} && ${visit(name)}`])),
};

/** The oldest Chromium that npm has, and that knows all of the browser's features that the packages use. */
export const oldChromium = {
  name: `Chromium ${versions.oldChromium}`,
  packages: bundles.packages,
  dependencies: {
    rxjs: '^7.8.0',
    'playwright-core': bundles.dependencies['playwright-core'],
    '@sparticuz/chromium': `${versions.oldChromium}.0.0`,
    esbuild: versions.esbuild,
  },
  programs: bundles.programs,
  install: bundles.install,
  // It unpacks its program into the folder for temporary files.
  runs: { esbuild: `${bundlers.esbuild} && TMPDIR=$PWD ${visit('esbuild')} @sparticuz/chromium` },
};
