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

let runs = 0;

/**
 * Runs TypeScript from the documentation as a reader would: types stripped, packages as they are built and installed,
 * a Node of its own. It is killed after `timeout` ms; its code is then `null`.
 */
export async function runExample(
  code: string,
  { env = {}, timeout = 60_000 }: { env?: Record<string, string>; timeout?: number } = {},
): Promise<ExampleRun> {
  // Inside the repository, so that its imports resolve.
  const folder = `${root}node_modules/.cache/examples`;
  const file = `${folder}/${process.pid}-${(runs += 1)}.mjs`;
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  await mkdir(folder, { recursive: true });
  await writeFile(file, outputText);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [file], { cwd: folder, env: { ...process.env, ...env }, timeout });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (exitCode) => resolve({ code: exitCode, stdout, stderr }));
    });
  } finally {
    await rm(file);
  }
}

/** The text of a file of the repository. */
export function readSource(path: string): Promise<string> {
  return readFile(`${root}${path}`, 'utf8');
}
