import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** Compiles the fixture strictly, our sources with it, against one release of @types/node. */
function compile(types: string): string[] {
  const configFile = path('../../../tsconfig.vitest.json');
  const { config } = ts.readConfigFile(configFile, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, dirname(configFile));
  const index = join(dirname(resolve(`${types}/package.json`)), 'index.d.ts');
  const host = ts.createCompilerHost(options);
  // Also for the packages that ask for "node": they would bring the release that is installed here.
  host.resolveTypeReferenceDirectiveReferences = (references) =>
    references.map(() => ({ resolvedTypeReferenceDirective: { primary: true, resolvedFileName: index } }));
  const program = ts.createProgram([path('./fixtures/event-names.ts')], { ...options, types: ['node'] }, host);
  // One release alone, or the test would prove nothing about it.
  expect(program.getSourceFiles().filter(({ fileName }) => fileName.endsWith('/async_hooks.d.ts'))).toHaveLength(1);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

// The oldest release that is supported, and one whose own typed emitters let unknown names pass.
it.each(['@types/node', 'types-node-26'])(
  'misspelt event names do not compile with %s',
  { timeout: 120_000 },
  (types) => {
    expect(compile(types)).toEqual([]);
  },
);
