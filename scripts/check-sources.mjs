// The types of everything, then the lint rules, on one TypeScript program: apart they would build and check it twice.
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}node_modules/.cache`;

function fail(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}

const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.vitest.json`,
  { incremental: true, tsBuildInfoFile: `${cache}/sources.tsbuildinfo` },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
);
const builder = ts.createIncrementalProgram({
  rootNames: fileNames,
  options,
  configFileParsingDiagnostics: errors,
});
const diagnostics = ts.getPreEmitDiagnostics(builder);
builder.emit(); // only what the next run reuses

// ESLint keys its cache by the configuration, which must not hold a whole program.
const programs = Object.assign([builder.getProgram()], { toJSON: () => 'tsconfig.vitest.json' });
const eslint = new ESLint({
  cwd: root,
  cache: true,
  cacheStrategy: 'content',
  cacheLocation: `${cache}/eslint/`,
  overrideConfig: { files: ['**/*.ts'], languageOptions: { parserOptions: { programs } } },
});
const results = await eslint.lintFiles(['.']);
const formatter = await eslint.loadFormatter('stylish');

const report = [
  ts.formatDiagnostics(diagnostics, {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  }),
  await formatter.format(results),
].join('\n');
console.log(report.trim());
process.exitCode =
  diagnostics.length > 0 || results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0) ? 1 : 0;
