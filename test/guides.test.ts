import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { afterAll, describe, expect, it } from 'vitest';
import { GuideRedis } from './guide-redis.js';
import { codeBlocks, runExample } from './run-example.js';

const guides = new URL('../docs/guides/', import.meta.url);

// Whole programs: the blocks that open with ```ts run, or else a guide's first. Each ends by itself, with exit code 0.
// A block that opens with ```text output, right after a program, is what it prints.
const programs = readdirSync(guides)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const page = readFileSync(new URL(name, guides), 'utf8');
    const blocks = codeBlocks(page).map((block, index, all) => ({ ...block, next: all[index + 1] }));
    const marked = blocks.filter(({ info }) => info === 'ts run');
    const chosen = marked.length > 0 ? marked : blocks.filter(({ info }) => info === 'ts').slice(0, 1);
    return chosen.map(({ code, next }, index) => {
      const output = next?.info === 'text output' ? next.code : undefined;
      return { name, number: index + 1, page, code, output };
    });
  });

const redis = new GuideRedis();
afterAll(() => redis.stop());

/** Without the lines about running jobs: a slow machine may see a job only when it has ended. */
const steady = (printed: string) => printed.replace(/^.*\brunning\n/gm, '');

describe.concurrent('the programs of the guides', () => {
  it.each(programs)('$name, program $number', { timeout: 90_000 }, async ({ page, code, output }) => {
    const emulator = createEmulator({ apiKey: 'guide-key', jobDuration: 1_000 });
    const server = await listen(emulator);
    try {
      const env = {
        WHISUL_BASE_URL: server.url,
        WHISUL_API_KEY: 'guide-key',
        ...(code.includes('REDIS_URL') && { REDIS_URL: await redis.url() }),
      };
      const { code: exitCode, stdout, stderr } = await runExample(code, { env, page });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      if (output !== undefined) expect(steady(stdout)).toBe(steady(output));
    } finally {
      await server.close();
      emulator.close();
    }
  });
});

// Node runs a .mjs as it stands: it must not have types.
const plain = programs.flatMap(({ name, page }) => {
  const saved = page.matchAll(/^Save this as `([\w-]+\.mjs)`[^\n]*\n\n```ts[^\n]*\n([\s\S]*?)^```$/gm);
  return [...saved].map(([, file = '', code = '']) => ({ name, file, code }));
});

it.each(plain)('$name: $file is plain JavaScript', ({ code }) => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--check'], { input: code, encoding: 'utf8' });
  expect(stderr).toBe('');
});
