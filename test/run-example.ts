import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** How a program of the documentation ended. */
interface ExampleRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The fenced blocks of a Markdown file: what stands after the fence's backticks, and the code. */
export function codeBlocks(markdown: string): { info: string; code: string }[] {
  return [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', code = '']) => ({ info, code }));
}

/** The name that a block gives itself in its first line: other blocks of its page import it by that. */
export function ownName(code: string): string | undefined {
  return /^\/\/ ([\w.-]+\.ts)\n/.exec(code)?.[1];
}

function withoutTypes(code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  return outputText;
}

let folders = 0;

/**
 * Writes the blocks of a page that have a name where they can be imported, as JavaScript, and `code` beside them as
 * `main.js`.
 *
 * @returns the folder, which is inside the repository, so that imports of packages resolve
 */
export async function writeExample(page: string, code = ''): Promise<string> {
  const folder = `${root}node_modules/.cache/examples/${process.pid}-${(folders += 1)}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/package.json`, '{ "type": "module" }');
  await writeFile(`${folder}/main.js`, withoutTypes(code));
  for (const block of codeBlocks(page)) {
    const name = ownName(block.code);
    if (name) await writeFile(`${folder}/${name.replace(/\.ts$/, '.js')}`, withoutTypes(block.code));
  }
  return folder;
}

/**
 * Runs TypeScript from the documentation as a reader would: types stripped, packages as they are built and installed,
 * a Node of its own. `page` is the Markdown it comes from, whose named blocks it may import. It is killed after
 * `timeout` ms; its code is then `null`.
 */
export async function runExample(
  code: string,
  { env = {}, page = '', timeout = 60_000 }: { env?: Record<string, string>; page?: string; timeout?: number } = {},
): Promise<ExampleRun> {
  const folder = await writeExample(page, code);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['main.js'], { cwd: folder, env: { ...process.env, ...env }, timeout });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (exitCode) => resolve({ code: exitCode, stdout, stderr }));
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The text of a file of the repository. */
export function readSource(path: string): Promise<string> {
  return readFile(`${root}${path}`, 'utf8');
}
