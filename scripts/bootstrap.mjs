// Everything begins here. On a Node that is too old it says so, before anything else can fail: it must run on that one,
// too, so its syntax and its import are those of Node 12, and the rest is loaded afterwards.
import { readFileSync } from 'fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [oldest, running] = [engines.node, process.version].map((version) => version.match(/\d+/g).map(Number));
if (running[0] < oldest[0] || (running[0] === oldest[0] && running[1] < oldest[1])) {
  console.error(`Node ${oldest.join('.')} or newer is needed; this is Node ${running.join('.')}.`);
  process.exitCode = 1;
} else {
  import('./install.mjs');
}
