import { versions } from '../versions.mjs';

/** Bun installs and runs. */
export const bun = {
  name: `Bun ${versions.bun}`,
  tools: [`bun@${versions.bun}`],
  packages: ['core', 'sse', 'node-events', 'journal', 'download', 'emulator'],
  dependencies: { rxjs: '^7.8.0', undici: '^7.0.0' },
  programs: ['anywhere', 'node'],
  install: 'bun install --silent',
  runs: { everything: 'bun node/everything.mjs' },
};
