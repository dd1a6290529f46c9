import { rm } from 'node:fs/promises';
import { afterAll, describe } from 'vitest';
import { readSource, writeExample } from './run-example.js';

// The tests that guides show, as they stand there, with the packages as they are built.
for (const [guide, file] of [
  ['testing-your-app.md', 'song.test.js'],
  ['writing-an-adapter.md', 'socket-source.test.js'],
]) {
  const folder = await writeExample(await readSource(`docs/guides/${guide}`));
  afterAll(() => rm(folder, { recursive: true }));
  describe(`${guide}, ${file}`, () => import(`${folder}/${file}`));
}
