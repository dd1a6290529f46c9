import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** A file of the built page. */
interface SiteFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The built page by path; `/` is the page itself. */
export type Site = ReadonlyMap<string, SiteFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads what vite has built; requests are then answered from memory, and no path can lead elsewhere. */
export async function loadSite(folder: string): Promise<Site> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const site = new Map<string, SiteFile>();
  for (const file of files) {
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const type = types[extname(file)] ?? 'application/octet-stream';
    site.set(path === '/index.html' ? '/' : path, { type, bytes: await readFile(file) });
  }
  if (!site.has('/')) throw new Error(`There is no built page in ${folder}; run npm run playground.`);
  return site;
}
