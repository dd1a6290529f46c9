// `npm run demo:cluster`: three workers share a Postgres server from npm and make four songs. One worker is killed in the
// middle; the songs finish all the same.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule, type JobState } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { filter, lastValueFrom, merge, share, take, tap } from 'rxjs';
import { createBoard } from './create-board.js';
import { startPostgres } from './start-postgres.js';

const prompts = [
  'a relaxing lo-fi hip hop beat',
  'bright synthwave for a night drive',
  'a slow waltz in an empty hall',
  'a fast banjo on a train',
];
const account = 'demo';

console.log('Starting an emulated Whisul, a Postgres server from npm and three workers.');
const emulator = createEmulator({ jobDuration: [12_000, 18_000] });
const [server, postgres] = await Promise.all([listen(emulator), startPostgres()]);
const program = fileURLToPath(new URL('./cluster-worker.js', import.meta.url));
const workers = [1, 2, 3].map(() => fork(program, [postgres.url, server.url, account]));
// This process makes no requests: it asks the cluster, as a web server would.
const whisul = createWhisul({ apiKey: 'demo-key', baseUrl: server.url });
const engine = createBullmqEngine({
  whisul,
  connection: postgres.url,
  account,
  worker: false,
  schedule: fixedSchedule(1_000),
});

const board = createBoard(prompts);
try {
  const states$ = merge(
    ...prompts.map((prompt, index) => engine.generate$(prompt).pipe(tap((state) => board.show(index, state)))),
  ).pipe(share());
  const running$ = states$.pipe(
    filter(({ status }: JobState) => status === 'running'),
    take(prompts.length),
  );
  running$.subscribe({
    error: () => undefined, // it ends the demo below
    complete() {
      workers.shift()?.kill('SIGKILL');
      board.say('All songs are running. One of the three workers was just killed with SIGKILL.');
    },
  });
  await lastValueFrom(states$);
  board.close();
  const posts = emulator.requests.filter(({ method }) => method === 'POST').length;
  console.log(`\n${prompts.length} songs were made, with ${posts} POSTs: none was lost, none was paid twice.`);
} catch (error) {
  board.close();
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const worker of workers) worker.disconnect();
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  await engine.close();
  whisul.close();
  await postgres.stop();
  await server.close();
  emulator.close();
}
