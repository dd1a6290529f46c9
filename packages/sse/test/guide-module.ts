import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const guide = new URL('../../../docs/guides/frameworks.md', import.meta.url);
// Inside the package, so that its imports resolve as a reader's do: to what is built.
const folder = fileURLToPath(new URL('../node_modules/.cache/guide/', import.meta.url));

/** The fenced block of the guide that has this text in it. */
async function blockWith(text: string): Promise<string> {
  const blocks = [...(await readFile(guide, 'utf8')).matchAll(/^```[jt]s\n([\s\S]*?)^```$/gm)];
  const found = blocks.map(([, code = '']) => code).filter((code) => code.includes(text));
  const [block] = found;
  if (block === undefined || found.length > 1) throw new Error(`The guide has ${String(found.length)} of ${text}.`);
  return block;
}

/**
 * Writes an example of the frameworks guide where it can be imported, as JavaScript.
 *
 * @param text - what is in no other example
 * @returns its path
 */
export async function guideModule(text: string, name: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
  const { code } = await transform(await blockWith(text), { loader: 'ts', tsconfigRaw, target: 'es2022' });
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}package.json`, '{ "type": "module" }');
  const file = `${folder}${name}.js`;
  await writeFile(file, code);
  return file;
}
