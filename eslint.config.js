import js from '@eslint/js';
import rxjs from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { house } from './scripts/eslint-plugin-house.mjs';

const root = import.meta.dirname;
const sources = ['packages/*/src/**/*.ts'];
const tests = ['**/*.{test,test-d}.ts', 'packages/*/{test,bench}/**/*.ts', 'test/**/*.ts'];

/** What the sources of a package may import of ours. One that is not listed may import all of them. */
const allowed = {
  core: [],
  emulator: ['core'],
  'node-events': ['core'],
  sse: ['core'],
  journal: ['core'],
  bullmq: ['core'],
  download: ['core'],
};
/** The sources that run on Node only. */
const nodeOnly = [
  /^(sse|emulator)\/src\/node\b/,
  /^(node-events|journal|bullmq|download|cli|demo|test-support)\/src\//,
  /^playground\/src\/server\//,
];

export default defineConfig(
  globalIgnores(['**/dist/', 'docs/api/', 'coverage/']),
  // What imports a .vue or .svelte file, or is compiled or resolved by Angular, Next or Nuxt: only these know the types.
  globalIgnores(['packages/examples/{vue,svelte,angular,next,nuxt}/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  {
    name: 'every file',
    plugins: { house },
    rules: {
      eqeqeq: 'error',
      'house/directive-reason': 'error',
      'house/package-boundary': ['error', { root }],
      'max-lines': ['error', 400],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
        {
          selector:
            'ImportDeclaration[source.value=/^zod/]:not([source.value="zod/mini"]:has(ImportNamespaceSpecifier))',
          message: "Write `import * as z from 'zod/mini'`: esbuild cannot shake anything else of zod.",
        },
        {
          selector: 'CallExpression[callee.object.name="vi"][callee.property.name=/^(do)?(mock|Mock)$/]',
          message: 'Inject what the test replaces; modules are not mocked.',
        },
        {
          selector:
            'MemberExpression[object.name=/^(it|test|describe|bench)$/][property.name=/^(only|skip|skipIf|runIf|todo|fails)$/]',
          message: 'Every test runs, everywhere. Where it can run is said by its file name.',
        },
      ],
    },
  },
  {
    name: 'benches: all print their tables by scripts/bench/report.mjs',
    files: ['packages/*/bench/*.mjs'],
    rules: { 'house/package-boundary': 'off' },
  },
  {
    name: 'plain scripts',
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])),
    },
  },
  {
    name: 'typescript',
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, rxjs.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.vitest.json', tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nothing here is an enum; these two cost a quarter of the whole run.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'rxjs-x/no-exposed-subjects': 'error',
      'rxjs-x/no-ignored-error': 'off', // `subscribe(next)` without an error handler reports to the host, which is loud
      'rxjs-x/no-sharereplay-before-takeuntil': 'error',
      'rxjs-x/no-subclass': 'error',
    },
  },
  {
    name: 'sources',
    files: sources,
    ignores: tests,
    rules: {
      'house/import-direction': ['error', { root, allowed }],
      'house/node-imports': ['error', { root, nodeOnly }],
      'no-console': 'error',
      'rxjs-x/finnish': [
        'error',
        {
          strict: true,
          functions: true,
          methods: true,
          properties: true,
          parameters: false,
          variables: false,
          objects: false,
          // Public names whose verb says it better; fixed by the API.
          names: { '^(pollUntil|fromEmitter|toSseMessages|saveSong)$': false },
        },
      ],
      'rxjs-x/no-floating-observables': 'error',
      'rxjs-x/no-misused-observables': 'error',
    },
  },
  {
    name: 'programs',
    files: ['packages/demo/src/**/*.ts', 'packages/playground/src/server/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'tests',
    files: tests,
    rules: {
      // Answers of a hostile server are read as they are.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'rxjs-x/no-nested-subscribe': 'off',
      'rxjs-x/throw-error': 'off',
    },
  },
  {
    name: 'tools that insist on a default export',
    files: ['**/*.config.{js,mjs,ts}', 'scripts/release-dry/programs/worker/worker.mjs'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
