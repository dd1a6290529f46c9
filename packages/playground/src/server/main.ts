// `npm run playground`: the page, its gateway and an emulated Whisul on one port; with WHISUL_API_KEY the real one.
import { fileURLToPath } from 'node:url';
import { emulatedWhisul } from './emulated-whisul.js';
import { createJobOwners } from './job-owners.js';
import { loadSite } from './load-site.js';
import { realWhisul } from './real-whisul.js';
import { startPlayground } from './start-playground.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const key = process.env['WHISUL_API_KEY'];
const port = Number(process.env['PORT'] ?? 4173);

try {
  const site = await loadSite(here('../site'));
  const playground = await startPlayground({
    port,
    site,
    backend: key ? realWhisul : emulatedWhisul(),
    // Paid songs must still be yours after a restart; emulated ones end with the emulator.
    owners: await createJobOwners(key ? here('../../.paid-jobs') : undefined),
  });
  console.log(`The playground is at ${playground.url}`);
  console.log(
    key
      ? 'It uses your WHISUL_API_KEY: songs cost money. The page asks before it orders one. The key stays in this process.'
      : `It plays with an emulated Whisul, whose API is at ${playground.url}/api: nothing costs anything. Set WHISUL_API_KEY to use the real one.`,
  );
  console.log('Press Ctrl-C to stop it.');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The second one finds no listener and ends the process at once.
    process.once(signal, () => void playground.close());
  }
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const unusable = code === 'EADDRINUSE' ? 'is in use' : code === 'ERR_SOCKET_BAD_PORT' ? 'does not exist' : undefined;
  console.error(
    unusable
      ? `Port ${process.env['PORT'] ?? port} ${unusable}. Choose another one: PORT=4180 npm run playground`
      : `The playground did not start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
}
