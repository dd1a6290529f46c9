// One worker of `npm run demo:cluster`: it polls for the cluster until its parent lets it go or ends, or until it is killed.
import process from 'node:process';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';

const [, , connection = '', baseUrl = '', account = ''] = process.argv;
const whisul = createWhisul({ apiKey: 'demo-key', baseUrl });
const engine = createBullmqEngine({ whisul, connection, account, schedule: fixedSchedule(1_000) });
process.once('disconnect', () => {
  void engine.close().then(() => whisul.close());
});
