import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { codeBlocks, ownName } from './run-example.js';

const root = fileURLToPath(new URL('..', import.meta.url));

function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(root + folder)) return [];
  return readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .map((entry) => relative(root, `${entry.parentPath}/${entry.name}`))
    .filter(
      (file) => file.endsWith(ending) && !/\/(node_modules|dist|api)\//.test(file) && !/\.test(-d)?\.ts$/.test(file),
    );
}

/** The text of a source's doc comments, without the stars. */
function docComments(source: string): string {
  const comments = [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment);
  return comments.join('\n').replace(/^ *\* ?/gm, '');
}

const packages = readdirSync(`${root}packages`);
const pages = ['README.md', 'CONTRIBUTING.md', ...packages.map((name) => `packages/${name}/README.md`)];
const documents = [
  ...pages.filter((file) => existsSync(root + file)),
  // Its blocks are files of packages/examples, each compiled by its framework's own tool: test/front-ends.test.ts.
  ...filesBelow('docs', '.md').filter((file) => !file.endsWith('/front-ends.md')),
];
const sources = packages.flatMap((name) => filesBelow(`packages/${name}/src`, '.ts'));

/** Every TypeScript block, as a module of its own beside the file it stands in. */
const examples = new Map(
  [...documents, ...sources].flatMap((file) => {
    const text = readFileSync(root + file, 'utf8');
    const blocks = codeBlocks(file.endsWith('.md') ? text : docComments(text));
    return blocks
      .filter(({ info }) => /^(ts|typescript)\b/.test(info))
      .map(({ code }, index): [string, string] => {
        const name = ownName(code);
        return [name ? `${root}${dirname(file)}/${name}` : `${root}${file}.${index + 1}.ts`, code];
      });
  }),
);

it('every example of the documentation compiles', { timeout: 60_000 }, () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.vitest.json`, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (file) => examples.get(file) ?? read(file);
  host.fileExists = (file) => examples.has(file) || exists(file);
  const program = ts.createProgram(
    [...examples.keys()],
    { ...options, moduleDetection: ts.ModuleDetectionKind.Force },
    host,
  );

  const problems = [...examples.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start, messageText }) => {
      const line = source && start !== undefined ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
      const place = relative(root, file).replace(/\.(\d+)\.ts$/, ', example $1');
      return `${place}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
  expect(examples.size).toBeGreaterThan(10);
  expect(problems).toEqual([]);
});

// What fits beside both menus of the site in a window of 1280 px: docs/site.css sets the font. Longer lines scroll.
const widest = 98;

it('every line of code fits on the site', () => {
  const wide = [...documents, ...sources].flatMap((file) => {
    const text = readFileSync(root + file, 'utf8');
    const lines = codeBlocks(file.endsWith('.md') ? text : docComments(text)).flatMap(({ code }) => code.split('\n'));
    return lines.filter((line) => line.length > widest).map((line) => `${file}: ${line}`);
  });
  expect(wide).toEqual([]);
});
