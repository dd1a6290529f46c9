// Serves the built API site on this machine, until Ctrl+C. PORT chooses the port; without it a free one is taken.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = resolve(fileURLToPath(new URL('../docs/api', import.meta.url)));
const types = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** The file of a request, or undefined if there is none in the folder. */
function fileOf(url) {
  let { pathname } = new URL(url, 'http://localhost');
  try {
    pathname = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const file = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
  const inside = file.startsWith(folder + sep) && !file.includes('\0');
  return inside && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

const server = createServer((request, response) => {
  const file = fileOf(request.url);
  if (file === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
    return;
  }
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': 'no-store',
  });
  createReadStream(file).pipe(response);
});

if (existsSync(join(folder, 'index.html'))) {
  server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    console.log(`The docs are at http://localhost:${server.address().port}/ until you press Ctrl+C.`);
  });
} else {
  console.error('The docs are not built. Run npm run docs first.');
  process.exitCode = 1;
}
