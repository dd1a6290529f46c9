import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Compiles a module of a user against the built types, declaration files included. `npm run build` makes them. */
function compile(source: string, platform: { lib: string[]; types: string[] }): string[] {
  const consumer = `${root}test/consumer.ts`;
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...platform, target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: false, noEmit: true },
    root,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => file === consumer || fileExists.call(host, file);
  host.getSourceFile = (file, language, ...more) =>
    file === consumer ? ts.createSourceFile(file, source, language) : getSourceFile.call(host, file, language, ...more);
  return ts.getPreEmitDiagnostics(ts.createProgram([consumer], options, host)).map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${file?.fileName.replace(root, '') ?? ''}: ${message}`;
  });
}

/** What a user of each entry writes, and where it runs. */
const browser = { lib: ['es2022', 'dom'], types: [] };
const server = { lib: ['es2022'], types: ['node'] };
const client = `
  import { createSseSource } from '@whisul-rx/sse/client';
  const source = createSseSource({ url: '/jobs', headers: () => ({ authorization: 'x' }), credentials: 'include' });
  source.job$('a').subscribe(({ status }) => status);
`;
const emitter = `
  import { toEmitter, type JobEmitter } from '@whisul-rx/node-events';
  export const close = (job: JobEmitter) => job.close();
  export const listen = (states$: Parameters<typeof toEmitter>[0]) => toEmitter(states$).on('completed', (job) => job.result);
`;

it.each([
  ['@whisul-rx/sse/client in a browser', client, browser],
  ['@whisul-rx/sse/client in Node', client, server],
  ['@whisul-rx/node-events', emitter, server],
])('the types of %s need nothing that their user does not have', { timeout: 120_000 }, (_, source, platform) => {
  const diagnostics = compile(source, platform);
  // Core's own are another matter.
  expect(diagnostics.filter((line) => !line.startsWith('packages/core/'))).toEqual([]);
});

it('a mistake of the user is found that way', { timeout: 120_000 }, () => {
  expect(compile(client.replace("url: '/jobs'", 'url: 7'), browser).join('\n')).toContain('test/consumer.ts');
});
