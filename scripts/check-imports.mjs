// Inside a package: imports go one way between its rooms (the folders of src), and no files import each other in a
// circle. Imports of types count.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What each room may import, by package; `.` is the root of `src`, whose files may import every room. */
const rooms = {
  core: {
    model: [],
    operators: ['model'],
    polling: ['model'],
    http: ['model', 'polling'],
    jobs: ['model', 'operators', 'polling', 'http'],
    batch: ['model'],
  },
  emulator: {
    media: [],
    api: ['media'],
    faults: ['api'],
    contract: ['.', 'api', 'faults'],
    node: ['.', 'api'],
  },
  sse: { wire: [], server: ['wire'], node: ['server', 'wire'], client: [] },
  bullmq: {
    cluster: [],
    jobs: ['.', 'cluster'],
    submits: ['.', 'cluster', 'jobs'],
    worker: ['.', 'cluster', 'jobs', 'submits'],
    batch: ['cluster', 'submits'],
  },
};

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const problems = [];

/** The files of a package's sources, each with the files of the same package that it imports. */
function importsOf(src) {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|test-d)\.tsx?$/.test(file))
    .map((file) => join(src, file));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
      const targets = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => resolve(dirname(file), fileName.replace(/\.js$/, '.ts')));
      return [file, targets.filter((target) => known.has(target))];
    }),
  );
}

/** Walks along the imports, and reports each way that comes back to itself. */
function findCircles(graph) {
  const done = new Set();
  const walk = (file, way) => {
    const start = way.indexOf(file);
    if (start !== -1) {
      const circle = [...way.slice(start), file].map((each) => relative(packages, each));
      problems.push(`circle: ${circle.join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file)) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
}

function checkRooms(graph, src, allowed) {
  const roomOf = (file) => (relative(src, file).includes('/') ? relative(src, file).split('/')[0] : '.');
  for (const [file, targets] of graph) {
    const from = roomOf(file);
    if (from === '.') continue;
    for (const target of targets) {
      const to = roomOf(target);
      if (to === from || allowed[from]?.includes(to)) continue;
      problems.push(`${relative(packages, file)} must not import ${relative(packages, target)}`);
    }
  }
}

for (const name of readdirSync(packages)) {
  const src = join(packages, name, 'src');
  if (!existsSync(src)) continue;
  const graph = importsOf(src);
  findCircles(graph);
  if (rooms[name] !== undefined) checkRooms(graph, src, rooms[name]);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
