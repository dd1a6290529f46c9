import ts from 'typescript';
import { expect, it } from 'vitest';
import { readSource } from './run-example.js';

/** The names in the first column of a page's tables. */
async function namesIn(page: string): Promise<string[]> {
  const rows = (await readSource(`docs/reference/${page}`)).matchAll(/^\| \[?`(\w+)`(?:\]\(#\w+\))? +\|/gm);
  return [...rows].map(([, name = '']) => name);
}

async function optionsOf(file: string, name: string): Promise<string[]> {
  const source = ts.createSourceFile(file, await readSource(`packages/${file}`), ts.ScriptTarget.Latest);
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
  return (found?.members ?? []).map((member) => (member.name && ts.isIdentifier(member.name) ? member.name.text : ''));
}

it.each([
  ['core/src/whisul-options.ts', 'WhisulOptions'],
  ['core/src/polling/retry-policy.ts', 'RetryPolicy'],
  ['core/src/http/request-lane.ts', 'RequestBudget'],
  ['core/src/whisul.ts', 'CallOptions'],
  ['core/src/polling/adaptive-schedule.ts', 'AdaptiveScheduleOptions'],
  ['core/src/http/undici-transport.ts', 'UndiciTransportOptions'],
  ['core/src/polling/poll-until.ts', 'PollOptions'],
  ['core/src/batch/batch-options.ts', 'BatchOptions'],
  ['sse/src/server/gateway/jobs-handler-options.ts', 'JobsHandlerOptions'],
  ['sse/src/server/requests/cors.ts', 'CorsOptions'],
  ['sse/src/server/feeds/sse-options.ts', 'SseOptions'],
  ['sse/src/client/gateway.ts', 'SseSourceOptions'],
  ['download/src/save-song.ts', 'SaveOptions'],
  ['bullmq/src/engine-options.ts', 'BullmqEngineOptions'],
  ['emulator/src/api/emulator-options.ts', 'EmulatorOptions'],
  ['emulator/src/node/listen.ts', 'ListenOptions'],
  ['emulator/src/contract.ts', 'AdapterSetup'],
])('every option of %s, %s, is in the reference', async (file, name) => {
  const options = await optionsOf(file, name);
  expect(options).not.toEqual([]);
  const described = await namesIn('options.md');
  expect(options.filter((option) => !described.includes(option))).toEqual([]);
});

it('every flag of the command line is in the reference, and no other', async () => {
  const flags = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, flag = '']) => flag));
  const program = await readSource('packages/cli/src/program.ts');
  const given = flags(program, /ption\(\s*'(?:-\w, )?(--[a-z-]+)/g);
  expect(given.size).toBeGreaterThan(15);
  expect(flags(await readSource('docs/reference/options.md'), /^\| `(--[a-z-]+)/gm)).toEqual(given);
});

it('every environment variable that the playground reads is in the reference', async () => {
  const files = ['main.ts', 'real-whisul.ts'].map((name) => readSource(`packages/playground/src/server/${name}`));
  const read = [...(await Promise.all(files)).join('').matchAll(/process\.env\['(\w+)'\]/g)];
  const described = await namesIn('options.md');
  expect(read.map(([, name = '']) => name).filter((name) => !described.includes(name))).toEqual([]);
});

it('the reference has every error code once, and no other', async () => {
  const source = await readSource('packages/core/src/model/whisul-error.ts');
  const codes = /export type WhisulErrorCode =([^;]*);/.exec(source)?.[1]?.match(/\w+/g);
  expect(await namesIn('error-codes.md')).toEqual(codes);
});

it('the reference has every event of events$, and no other', async () => {
  const source = await readSource('packages/core/src/http/client-event.ts');
  const types = [...source.matchAll(/type: '(\w+)'/g)].map(([, type]) => type);
  expect(await namesIn('events.md')).toEqual(types);
});
