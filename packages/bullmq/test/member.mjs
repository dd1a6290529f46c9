// One process of a cluster, for the tests: runs on the built packages, takes orders and tells what happens.
// With KILL_AT it ends itself, as a crash would, at that point of its first submit.
import { createServer } from 'node:http';
import process from 'node:process';
import { Job, Queue } from 'bullmq';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';

const { baseUrl, gap, clock = 0, ...options } = JSON.parse(process.argv[2]);
const { now } = Date;
Date.now = () => now() + clock;
const killAt = process.env.KILL_AT;
const die = () => process.kill(process.pid, 'SIGKILL');

const { updateData } = Job.prototype;
Job.prototype.updateData = async function (data) {
  if (data.state === 'submitting' && killAt === 'before the mark') die();
  await updateData.call(this, data);
  if (data.state === 'submitting' && killAt === 'after the mark') die();
  if (data.state === 'submitted' && killAt === 'after the record') die();
};
const { add } = Queue.prototype;
Queue.prototype.add = async function (name, ...rest) {
  const job = await add.call(this, name, ...rest);
  if (name === 'poll' && killAt === 'after the poll job') die();
  return job;
};

const whisul = createWhisul({
  apiKey: 'test',
  baseUrl,
  fetch: async (url, init) => {
    const response = await fetch(url, init);
    if (init.method === 'POST' && killAt === 'after the reply') {
      await response.text();
      die();
    }
    return response;
  },
});
const engine = createBullmqEngine({ whisul, schedule: fixedSchedule(gap ?? 50), ...options });
const tell = (message) => process.connected && process.send(message);
engine.events$.subscribe((event) => event.type === 'warning' && tell({ type: 'warning', message: event.message }));

const observe = (topic, stream$) =>
  stream$.subscribe({
    next: (value) =>
      tell({ type: 'next', topic, value: value.type === 'problem' ? { ...value, code: value.error.code } : value }),
    error: (error) => tell({ type: 'error', topic, code: error.code, message: error.message }),
    complete: () => tell({ type: 'complete', topic }),
  });

/** Serves the cluster's jobs to browsers, and tells its port. */
async function serve() {
  const { createNodeJobsHandler } = await import('@whisul-rx/sse/node');
  const server = createServer(createNodeJobsHandler(engine, { authorize: 'public', generate: true, retry: 20 }));
  server.listen(0, '127.0.0.1', () => tell({ type: 'next', topic: 'port', value: server.address().port }));
}

process.on('message', (order) => {
  if (order.do === 'serve') void serve();
  if (order.do === 'follow') for (const id of order.ids) observe(id, engine.job$(id));
  if (order.do === 'generate') observe(order.prompt, engine.generate$(order.prompt));
  if (order.do === 'batch') observe(order.options.name, engine.batch$(order.requests, order.options));
  if (order.do === 'block') for (const until = Date.now() + order.ms; Date.now() < until;);
  if (order.do === 'close') {
    // Nothing else keeps this process: it must end by itself.
    process.disconnect();
    void engine.close().then(() => whisul.close());
  }
});
tell({ type: 'ready' });
