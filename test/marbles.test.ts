import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('has the pictures that the script draws', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/marbles.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

it('shows each picture in a guide, with words for those who cannot see it', () => {
  const guides = readdirSync(`${root}docs/guides`).map((name) => readFileSync(`${root}docs/guides/${name}`, 'utf8'));
  const shown = guides.flatMap((guide) =>
    [...guide.matchAll(/!\[[^\]]{40,}\]\(\.\.\/pictures\/([^)]+)\)/g)].map(([, name]) => name),
  );
  expect([...new Set(shown)].sort()).toEqual(readdirSync(`${root}docs/pictures`).sort());
});
