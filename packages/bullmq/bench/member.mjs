// A process of the cluster for the bench: a worker that polls, or one that follows and reports when each state came.
import process from 'node:process';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';

const [connection, account, baseUrl, role] = process.argv.slice(2);
const whisul = createWhisul({ apiKey: 'bench', baseUrl });
const engine = createBullmqEngine({
  whisul,
  connection,
  account,
  worker: role === 'worker',
  schedule: fixedSchedule(200),
});
process.on('message', ({ follow }) => {
  for (const id of follow) {
    engine
      .job$(id)
      .subscribe(({ status }) => process.send({ id, status, at: performance.timeOrigin + performance.now() }));
  }
});
process.send('ready');
