import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createJobOwners } from './job-owners.js';

it('remembers over a restart whose jobs they are, whatever the ids look like', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-owners-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'owners');
  const before = await createJobOwners(file);
  await Promise.all([before.add('mine', 'a'), before.add('mine', 'b\nc d'), before.add('theirs', 'e')]);
  const after = await createJobOwners(file);
  expect(after.owned('mine', ['e', 'b\nc d', 'a', 'unknown'])).toEqual(['b\nc d', 'a']);
});
