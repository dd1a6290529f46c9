// Holds the connections of broadcast.bench.mjs, in a process of its own, and tells when each round has arrived.
// usage: node broadcast-clients.mjs <port> <connections>
import { connect } from 'node:net';

const [port, connections] = process.argv.slice(2).map(Number);
const marker = '"sent":"';
let latencies = [];
let arrived = 0;
let open = 0;

function onData(text) {
  const now = process.hrtime.bigint();
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) {
    const sent = text.slice(at + marker.length, text.indexOf('"', at + marker.length));
    if (sent === '0') continue; // what a connection begins with
    latencies.push(Number(now - BigInt(sent)) / 1e6);
    arrived += 1;
    if (arrived % connections === 0) process.send({ arrived });
  }
}

function openOne() {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.write('GET /jobs/bench HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n');
  socket.once('data', () => {
    open += 1;
    if (open === connections) process.send({ open });
  });
  socket.on('data', onData);
  socket.on('close', () => {
    throw new Error('A connection was closed in the middle of the run.');
  });
}

for (let index = 0; index < connections; index += 1) {
  openOne();
  if (index % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 10));
}

process.on('message', (command) => {
  if (command === 'reset') {
    latencies = [];
    process.send({ reset: true });
    return;
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  process.send({ deliveries: sorted.length, p99: sorted[Math.floor(sorted.length * 0.99)] });
});
