import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram, npmProgram } from '../npm-program.mjs';

const programs = fileURLToPath(new URL('programs', import.meta.url));
const examples = fileURLToPath(new URL('../../packages/examples', import.meta.url));

/** The environment without what npm and pnpm say to the scripts that they run: a user's shell has none of it. */
function plainEnvironment() {
  const entries = Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_|^(INIT_CWD|NODE_ENV|CI)$/i.test(name));
  return Object.fromEntries(entries);
}

/** The folders of programs that come before the user's own on PATH. */
function toolFolders({ node, tools = [] }) {
  const program = node === undefined ? process.execPath : nodeProgram(node);
  const folders = [program && dirname(program), ...tools.map(npmProgram)];
  if (folders.includes(undefined))
    throw new Error(`Node ${node} or one of ${tools.join(', ')} could not be installed.`);
  return folders;
}

function isSame(file, other) {
  return existsSync(other) && readFileSync(file).equals(readFileSync(other));
}

/** A fresh project outside the workspace, with the manifest and the programs of a consumer. Nothing is installed yet. */
export class Project {
  folder = mkdtempSync(join(tmpdir(), 'whisul-rx-consumer-'));
  #env;

  constructor(consumer, { registry, upstream, version }) {
    const path = [join(this.folder, 'node_modules/.bin'), ...toolFolders(consumer), process.env.PATH];
    // Bun and Deno read neither npm's global configuration nor that of the machine.
    this.#env = { ...plainEnvironment(), NPM_CONFIG_REGISTRY: upstream, PATH: path.join(delimiter), ...consumer.env };
    for (const folder of consumer.programs)
      cpSync(join(programs, folder), join(this.folder, folder), { recursive: true });
    if (consumer.example !== undefined) cpSync(join(examples, consumer.example), this.folder, { recursive: true });
    this.#write('.npmrc', `@whisul-rx:registry=${registry}/\n`);
    const ours = Object.fromEntries(consumer.packages.map((name) => [`@whisul-rx/${name}`, version]));
    const dependencies = { ...ours, ...consumer.dependencies };
    this.#write(
      'package.json',
      JSON.stringify({ name: 'consumer', private: true, ...consumer.manifest, dependencies }),
    );
  }

  #write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a command to its end: whether it succeeded, and all that it printed. One that hangs is ended. */
  run(command) {
    return new Promise((resolve) => {
      const options = {
        cwd: this.folder,
        env: this.#env,
        shell: true,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      };
      const child = spawn(command, options);
      let output = '';
      const keep = (chunk) => (output += chunk);
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      // The shell's programs, too.
      const limit = setTimeout(() => {
        output += '\nIt did not end within three minutes.';
        process.kill(-child.pid, 'SIGKILL');
      }, 180_000);
      child.on('close', (code) => {
        clearTimeout(limit);
        resolve({ ok: code === 0, output: output.trim() });
      });
    });
  }

  /** The files that are not those which were just packed: a package manager took them from its cache. */
  staleFiles(packages) {
    return packages
      .map(({ name, folder }) => ({
        built: join(folder, 'dist'),
        installed: join(this.folder, 'node_modules', name, 'dist'),
      }))
      .filter(({ installed }) => existsSync(installed))
      .flatMap(({ built, installed }) =>
        readdirSync(built, { recursive: true })
          .filter((file) => file.endsWith('.js') && !file.endsWith('.test.js'))
          .filter((file) => !isSame(join(built, file), join(installed, file)))
          .map((file) => join(installed, file)),
      );
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
