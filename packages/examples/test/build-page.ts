import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import react from '@vitejs/plugin-react';
import vue from '@vitejs/plugin-vue';
import { build } from 'vite';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** What makes each page. */
const plugins = {
  react: () => react(),
  vue: () => vue(),
  svelte: () => svelte({ configFile: false, preprocess: vitePreprocess() }),
};

/** The frameworks that have a page here. */
export type Framework = keyof typeof plugins | 'angular';

async function viteBuild(framework: keyof typeof plugins, outDir: string): Promise<string> {
  await build({
    root: `${packages}examples/${framework}`,
    configFile: false,
    logLevel: 'error',
    plugins: [plugins[framework]()],
    // As in development: StrictMode mounts twice, and what does not match what the server rendered is complained of.
    define: { 'process.env.NODE_ENV': '"development"' },
    build: { outDir, emptyOutDir: true },
    resolve: {
      alias: [
        { find: /^@whisul-rx\/core$/, replacement: `${packages}core/src/index.ts` },
        { find: /^@whisul-rx\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}$1/src/$2.ts` },
      ],
    },
  });
  return outDir;
}

/** `ng build`, with Angular's own TypeScript. Its tsconfig.json names the sources. */
async function ngBuild(outDir: string): Promise<string> {
  const args = ['node_modules/@angular/cli/bin/ng.js', 'build', '--no-progress', '--output-path', outDir];
  await promisify(execFile)(process.execPath, args, { cwd: `${packages}examples/angular` });
  return join(outDir, 'browser');
}

/** Builds the page of a framework from the sources of all packages: its files, by path. */
export async function buildPage(framework: Framework): Promise<Map<string, string>> {
  const outDir = await mkdtemp(join(tmpdir(), 'whisul-rx-examples-'));
  try {
    const built = await (framework === 'angular' ? ngBuild(outDir) : viteBuild(framework, outDir));
    const files = new Map<string, string>();
    for (const entry of await readdir(built, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(built.length).replaceAll(sep, '/'), await readFile(path, 'utf8'));
    }
    return files;
  } finally {
    await rm(outDir, { recursive: true });
  }
}
