import { versions } from '../versions.mjs';

/** Deno installs and runs. */
export const deno = {
  name: `Deno ${versions.deno}`,
  tools: [`deno@${versions.deno}`],
  packages: ['core', 'sse', 'node-events', 'journal', 'download', 'emulator'],
  dependencies: { rxjs: '^7.8.0', undici: '^7.0.0' },
  programs: ['anywhere', 'node'],
  install: 'deno install --quiet',
  runs: { everything: 'deno run --allow-all --quiet node/everything.mjs' },
};
