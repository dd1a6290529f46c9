import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the browser of this machine. */
export function launchChromium(): Promise<Browser> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const executablePath = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
  if (executablePath === undefined) {
    throw new Error(
      `This test needs a Chromium browser on PATH (${names.join(', ')}). On Debian: apt-get install chromium.`,
    );
  }
  return chromium.launch({ executablePath, args: [...flags, '--disable-component-update', '--disable-sync'] });
}
