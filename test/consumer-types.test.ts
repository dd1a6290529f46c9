import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Compiles modules of a user against the built types, declaration files included. `npm run build` makes them. */
function compile(modules: Record<string, string>, platform: { lib: string[]; types: string[] }): string[] {
  const sources = new Map(Object.entries(modules).map(([name, source]) => [`${root}test/${name}`, source]));
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...platform, target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: false, noEmit: true },
    root,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists.call(host, file);
  host.getSourceFile = (file, language, ...more) => {
    const source = sources.get(file);
    return source === undefined
      ? getSourceFile.call(host, file, language, ...more)
      : ts.createSourceFile(file, source, language);
  };
  return ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], options, host)).map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${file?.fileName.replace(root, '') ?? ''}: ${message}`;
  });
}

/** What a user of each entry writes, and where it runs. */
const browser = { lib: ['es2022', 'dom'], types: [] };
const server = { lib: ['es2022'], types: ['node'] };
const core = `
  import { createWhisul, isWhisulError, song, toAsyncIterable, type JobState, type Whisul } from '@whisul-rx/core';
  const whisul: Whisul = createWhisul({ apiKey: async () => 'key', fetch: globalThis.fetch, retry: { maxFailures: 3 } });
  whisul.generate$('a waltz').pipe(song()).subscribe({
    next: ({ title, duration }) => title + duration.toFixed(),
    error: (error: unknown) => isWhisulError(error, 'submit_unknown') && error.jobId,
  });
  whisul.batch$(['a', 'b'], { concurrency: 2 }).subscribe((event) => event.key);
  whisul.events$.subscribe(({ type }) => type);
  export async function last(id: string, signal: AbortSignal): Promise<JobState | undefined> {
    let state: JobState | undefined = await whisul.getJob(id, { signal });
    for await (state of toAsyncIterable(whisul.job$(id)));
    whisul.close();
    return state;
  }
`;
const adapter = `
  import type { JobSource } from '@whisul-rx/core';
  import { abort$, numberOption, optionNames, parseJobRef, readJobState, registerSubmission } from '@whisul-rx/core/adapter';
  export const idOf = (ref: Parameters<JobSource['job$']>[0]): string => parseJobRef(ref).id;
  export const wait = (signal: AbortSignal) => abort$(signal).subscribe();
  export const read = (json: string) => readJobState(JSON.parse(json))?.status;
  export const volume = (options: { volume?: number }) => {
    optionNames(options, { volume: 1 });
    return numberOption('volume', options.volume, 5, 0, 10);
  };
  export { registerSubmission };
`;
const journal = `
  import { createWhisul } from '@whisul-rx/core';
  import { openJournal } from '@whisul-rx/journal';
  const journal = await openJournal('./album');
  createWhisul().batch$(['a calm piano'], { journal }).subscribe({ complete: () => void journal.close() });
  for await (const entry of journal.entries()) entry.key satisfies string;
`;
const disposing = `
  import { createWhisul } from '@whisul-rx/core';
  using whisul = createWhisul();
  whisul.job$('a').subscribe();
`;
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
  ['in a browser', browser, { 'core.ts': core, 'adapter.ts': adapter, 'client.ts': client }],
  [
    'in Node',
    server,
    { 'core.ts': core, 'adapter.ts': adapter, 'client.ts': client, 'emitter.ts': emitter, 'journal.ts': journal },
  ],
  ['with `using`', { lib: ['es2022', 'dom', 'esnext.disposable'], types: [] }, { 'disposing.ts': disposing }],
])('the types %s need nothing that their user does not have', { timeout: 120_000 }, (_, platform, modules) => {
  expect(compile(modules, platform)).toEqual([]);
});

it('a mistake of the user is found that way', { timeout: 120_000 }, () => {
  const mistaken = { 'client.ts': client.replace("url: '/jobs'", 'url: 7') };
  expect(compile(mistaken, browser).join('\n')).toContain('test/client.ts');
});
