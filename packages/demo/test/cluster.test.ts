import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// What `npm run demo:cluster` runs, as it was built.
const program = fileURLToPath(new URL('../dist/cluster.js', import.meta.url));

it('makes four songs although a worker is killed, and exits by itself', { timeout: 150_000 }, async () => {
  // A non-zero exit code rejects.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 140_000 });
  expect(stderr).toBe('');
  expect(stdout.match(/ {2}completed\b/g)).toHaveLength(4);
  expect(stdout).toContain('was just killed with SIGKILL');
  expect(stdout).toContain('4 songs were made, with 4 POSTs');
});
