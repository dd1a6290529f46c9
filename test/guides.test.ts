import { readdirSync, readFileSync } from 'node:fs';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { describe, expect, it } from 'vitest';
import { codeBlocks, runExample } from './run-example.js';

const guides = new URL('../docs/guides/', import.meta.url);

// Whole programs: the blocks that open with ```ts run, or else a guide's first. Each ends by itself, with exit code 0.
const programs = readdirSync(guides)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const blocks = codeBlocks(readFileSync(new URL(name, guides), 'utf8'));
    const marked = blocks.filter(({ info }) => /^ts run\b/.test(info));
    const chosen = marked.length > 0 ? marked : blocks.filter(({ info }) => info === 'ts').slice(0, 1);
    return chosen.map(({ code }, index) => ({ name, number: index + 1, code }));
  });

describe.concurrent('the programs of the guides', () => {
  it.each(programs)('$name, program $number', { timeout: 90_000 }, async ({ code }) => {
    const emulator = createEmulator({ apiKey: 'guide-key', jobDuration: 1_000 });
    const server = await listen(emulator);
    try {
      const env = { WHISUL_BASE_URL: server.url, WHISUL_API_KEY: 'guide-key' };
      const { code: exitCode, stderr } = await runExample(code, { env });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    } finally {
      await server.close();
      emulator.close();
    }
  });
});
