import { expect, it } from 'vitest';
import { codeBlocks, readSource } from './run-example.js';

it('the guide about front ends shows the files of the examples as they are', async () => {
  const blocks = codeBlocks(await readSource('docs/guides/front-ends.md'));
  expect(blocks.length).toBeGreaterThan(10);
  for (const { info, code } of blocks) {
    const [, file = ''] = info.split(' ');
    expect(code, file).toBe(await readSource(`packages/examples/${file}`));
  }
});

it('the pages that servers render say of a job what the others say', async () => {
  const shared = (await readSource('packages/examples/song-text.ts')).replace("'/jobs'", "'/api/jobs'");
  for (const file of ['next/lib/song-text.ts', 'nuxt/app/song-text.ts']) {
    expect(await readSource(`packages/examples/${file}`), file).toBe(shared);
  }
});
