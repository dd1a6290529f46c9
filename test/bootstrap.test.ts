import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const bootstrap = fileURLToPath(new URL('../scripts/bootstrap.mjs', import.meta.url));

/** Runs the bootstrap as a Node of another version would; all that it installs is pnpm's version number. */
function bootstrapOn(version: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = `Object.defineProperty(process, 'version', { value: '${version}' })`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ['--import', preload, bootstrap, '--version'], { encoding: 'utf8' });
}

it.each(['v20.18.3', 'v18.20.8', 'v12.22.12'])('Node %s is refused at once, in one sentence', (version) => {
  expect(bootstrapOn(version)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `Node 20.19 or newer is needed; this is Node ${version.slice(1)}.\n`,
  });
});

it.each(['v20.19.0', 'v22.0.0', 'v100.1.0'])('Node %s is not', (version) => {
  expect(bootstrapOn(version)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
