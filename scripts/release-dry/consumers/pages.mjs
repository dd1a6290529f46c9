import { versions } from '../versions.mjs';

const shared = {
  packages: ['core', 'sse', 'emulator'],
  programs: ['anywhere', 'browser', 'pages'],
  install: 'npm install --no-audit --no-fund --loglevel=error',
};
const dependencies = { rxjs: '^7.8.0', 'playwright-core': '1.65.1', typescript: '6.0.3' };
// Also during the build, so that a bundler which takes it into a page is found out.
const WHISUL_API_KEY = 'only-for-the-server-5b1f';

/** The pages of packages/examples that servers render, built, started, and opened in Chromium. */
export const next = {
  ...shared,
  name: `Next ${versions.next}`,
  example: 'next',
  dependencies: {
    ...dependencies,
    next: versions.next,
    react: '19.3.1',
    'react-dom': '19.3.1',
    'observable-hooks': '4.2.4',
    '@types/node': '^20.19.0',
    '@types/react': '19.3.3',
  },
  env: { WHISUL_API_KEY, NEXT_TELEMETRY_DISABLED: '1' },
  runs: {
    'types and build': 'next build',
    'in Chromium': 'node pages/drive.mjs .next/static next start --hostname 127.0.0.1',
  },
};

export const nuxt = {
  ...shared,
  name: `Nuxt ${versions.nuxt}`,
  // Nuxt does not run on Node 20 any more.
  node: '24',
  example: 'nuxt',
  dependencies: {
    ...dependencies,
    nuxt: versions.nuxt,
    vue: '3.5.45',
    'vue-tsc': '3.3.14',
    '@vueuse/rxjs': '14.4.0',
  },
  env: { WHISUL_API_KEY, NUXT_TELEMETRY_DISABLED: '1' },
  runs: {
    types: 'nuxt typecheck',
    build: 'nuxt build',
    'in Chromium': 'node pages/drive.mjs .output/public node .output/server/index.mjs',
  },
};
