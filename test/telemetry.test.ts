import { expect, it } from 'vitest';
import { codeBlocks, readSource, runExample } from './run-example.js';

/** What the program of the telemetry guide that imports a package prints, line by line. */
async function linesOf(imported: string): Promise<string[]> {
  const page = await readSource('docs/guides/telemetry.md');
  const program = codeBlocks(page).find(({ code }) => code.includes(` from '${imported}'`));
  const { code, stdout, stderr } = await runExample(program?.code ?? '');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim().split('\n');
}

it('the pino of the telemetry guide writes each event as one line of JSON', { timeout: 60_000 }, async () => {
  const lines = (await linesOf('pino')).map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ level: 30, type: 'submitted', msg: 'submitted', job: { prompt: 'a slow waltz' } });
  expect(lines.at(-1)).toMatchObject({ level: 30, type: 'transition', job: { status: 'completed' } });
  expect(lines.map(({ time }) => typeof time)).not.toContain('undefined');
});

it('the OpenTelemetry of the telemetry guide exports all three metrics', { timeout: 60_000 }, async () => {
  const text = (await linesOf('@opentelemetry/sdk-metrics')).join('\n');
  for (const name of ['whisul.request.duration', 'whisul.retries', 'whisul.jobs']) expect(text).toContain(`'${name}'`);
  expect(text).toContain("code: 'server_error'");
  expect(text).toContain("status: 'completed'");
});
