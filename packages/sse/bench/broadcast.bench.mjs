// What it costs a Node server to send one state to many connections: CPU a delivery, the slowest hundredth of the
// deliveries, and memory a connection, beside a bare loop of `res.write` over one shared buffer and three libraries.
// Every run is a fresh pair of processes; repeats are interleaved and medians are shown.
// usage: node packages/sse/bench/broadcast.bench.mjs [--quick] [--only=raw,ours] [--repeats=5] (after a build)
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, report } from '../../../scripts/bench/report.mjs';

const flag = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
const quick = process.argv.includes('--quick');
const contestants = flag('only')?.split(',') ?? ['raw', 'ours', 'pipe', 'better-sse', 'hono', '@fastify/sse'];
const repeats = Number(flag('repeats') ?? (quick ? 3 : 5));
const sizes = flag('sizes')?.split(',').map(Number) ?? (quick ? [1_000] : [1_000, 5_000]);
const deliveries = quick ? 60_000 : 150_000;
const warmup = 5;
const names = { raw: 'raw `res.write`', ours: 'whisul-rx', pipe: 'whisul-rx, a stream each' };

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Sends a command, where there is one, and waits for the message that has the answer. */
async function ask(child, key, command) {
  const answer = (async () => {
    for (;;) {
      const [message] = await once(child, 'message');
      if (key in message) return message;
    }
  })();
  if (command !== undefined) child.send(command);
  return answer;
}

async function run(contestant, connections) {
  const server = fork(file('./broadcast-server.mjs'), [contestant], { execArgv: ['--expose-gc'] });
  const { port } = await ask(server, 'port');
  const { memory: before } = await ask(server, 'memory', 'memory');
  const clients = fork(file('./broadcast-clients.mjs'), [String(port), String(connections)]);
  await ask(clients, 'open');
  const round = async () => {
    const arrived = ask(clients, 'arrived');
    server.send('broadcast');
    await arrived;
  };
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { memory: after } = await ask(server, 'memory', 'memory');
  for (let index = 0; index < warmup; index += 1) await round();
  await ask(clients, 'reset', 'reset');
  await ask(server, 'started', 'start');
  const rounds = Math.round(deliveries / connections);
  for (let index = 0; index < rounds; index += 1) await round();
  const { cpu } = await ask(server, 'cpu', 'stop');
  const { deliveries: counted, p99 } = await ask(clients, 'deliveries', 'report');
  server.kill();
  clients.kill();
  await Promise.all([once(server, 'exit'), once(clients, 'exit')]);
  return {
    cpu: (cpu.user + cpu.system) / (rounds * connections),
    p99,
    heap: (after.heapUsed - before.heapUsed) / connections / 1_024,
    rss: (after.rss - before.rss) / connections / 1_024,
    lost: rounds * connections - counted,
  };
}

for (const connections of sizes) {
  const results = new Map(contestants.map((contestant) => [contestant, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const contestant of contestants) results.get(contestant).push(await run(contestant, connections));
  }
  const figure = (contestant, key) => median(results.get(contestant).map((result) => result[key]));
  const cell = (contestant, key, unit, digits) => {
    const value = figure(contestant, key);
    const ratio = contestants.includes('raw') ? ` (${(value / figure('raw', key)).toFixed(2)} x)` : '';
    return `${value.toFixed(digits)} ${unit}${ratio}`;
  };
  const rows = contestants.map((contestant) => [
    names[contestant] ?? contestant,
    cell(contestant, 'cpu', 'us', 1),
    cell(contestant, 'p99', 'ms', 1),
    cell(contestant, 'heap', 'KB', 1),
    cell(contestant, 'rss', 'KB', 1),
    results.get(contestant).reduce((sum, result) => sum + result.lost, 0),
  ]);
  const ofCpu = (other) => figure('ours', 'cpu') / figure(other, 'cpu');
  const isWhole = contestants.includes('raw') && contestants.includes('ours') && contestants.includes('better-sse');
  report({
    title: `SSE to ${connections} connections`,
    note: `One state to each connection. In brackets: of a bare loop of \`res.write\` over one shared buffer.`,
    columns: ['server', 'CPU a delivery', 'p99', 'heap a connection', 'RSS a connection', 'lost'],
    rows,
    bars: {
      label: 'CPU a delivery, us',
      values: contestants.map((name) => [names[name] ?? name, figure(name, 'cpu')]),
    },
    targets: isWhole
      ? [
          { what: 'whisul-rx, of raw `res.write`', measured: ofCpu('raw'), most: 1.15, unit: 'x' },
          { what: 'whisul-rx, of better-sse', measured: ofCpu('better-sse'), most: 0.75, unit: 'x' },
        ]
      : [],
  });
}
