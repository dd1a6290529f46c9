import { bun } from './consumers/bun.mjs';
import { bundles, oldChromium } from './consumers/bundles.mjs';
import { deno } from './consumers/deno.mjs';
import { npm } from './consumers/npm.mjs';
import { next, nuxt } from './consumers/pages.mjs';
import { pnpm } from './consumers/pnpm.mjs';
import { typescript } from './consumers/typescript.mjs';
import { workers } from './consumers/workers.mjs';
import { yarn } from './consumers/yarn.mjs';

/**
 * The projects that a release is tried in. Each is a fresh folder with a manifest (`packages` of ours, `dependencies` of
 * others), folders of `programs`, the folder of an `example` of packages/examples, one command that installs and some that run. `node` and `tools` come from npm.
 */
export const consumers = [...npm, yarn, pnpm, ...typescript, bundles, oldChromium, next, nuxt, bun, deno, workers];
