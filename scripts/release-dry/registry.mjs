import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const hash = (algorithm, encoding, bytes) => createHash(algorithm).update(bytes).digest(encoding);

/** What a registry says of a package that has one version. The manifest is the one in the tarball, as pnpm wrote it. */
function describe(tarball, bytes, url) {
  const { stdout } = spawnSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
  const manifest = JSON.parse(stdout);
  const dist = {
    tarball: url,
    shasum: hash('sha1', 'hex', bytes),
    integrity: `sha512-${hash('sha512', 'base64', bytes)}`,
  };
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
  };
}

/**
 * Serves tarballs as an npm registry does, on a free port: consumers install the packages by name, as users will.
 * It knows these packages only, so it is the registry of their scope.
 */
export async function serveRegistry(packages) {
  const server = createServer((request, response) => {
    const answer = answers.get(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    if (answer === undefined) response.writeHead(404).end('{}');
    else response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const answers = new Map(
    packages.flatMap(({ name, version, tarball }) => {
      const bytes = readFileSync(tarball);
      const path = `/${name}/-/${version}.tgz`;
      const body = JSON.stringify(describe(tarball, bytes, url + path));
      return [
        [`/${name}`, { type: 'application/json', body }],
        [path, { type: 'application/octet-stream', body: bytes }],
      ];
    }),
  );
  return { url, close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
}
