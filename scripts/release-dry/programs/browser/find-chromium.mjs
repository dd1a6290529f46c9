import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** The browser of this machine. */
export function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const files = process.env.PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const isProgram = (file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const found = files.find(isProgram);
  if (found === undefined) throw new Error(`No Chromium on PATH: ${names.join(', ')}.`);
  return found;
}
