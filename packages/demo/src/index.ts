// `npm run demo`: three songs at once from an emulated Whisul, over real HTTP. One of them fails, as songs may.
import { basename, resolve } from 'node:path';
import { createWhisul, fixedSchedule, isTerminal } from '@whisul-rx/core';
import { saveSong } from '@whisul-rx/download';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { concatMap, EMPTY, filter, lastValueFrom, map, merge, tap, toArray } from 'rxjs';
import { createBoard } from './create-board.js';

const doomed = 'a brass band falling down the stairs';
const prompts = ['a relaxing lo-fi hip hop beat', doomed, 'bright synthwave for a night drive'];
const folder = resolve(process.argv[2] ?? 'demo-songs');

const emulator = createEmulator({ jobDuration: [6_000, 14_000] });
emulator.script({ method: 'POST', prompt: doomed, type: 'fail', error: 'The tuba did not survive.' });
const server = await listen(emulator);
// Real jobs take a minute or three, and the default schedule suits them; these are over in seconds.
const schedule = fixedSchedule(5_000);
const whisul = createWhisul({ apiKey: 'demo-key', baseUrl: server.url, schedule });

const board = createBoard(prompts);
// All that runs is in this process and ends with it. A reader that has seen enough (`| head -1`) is no failure.
process.stdout.once('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.once('SIGINT', () => {
  board.close();
  process.exit(130);
});

console.log(`An emulated Whisul listens at ${server.url}.\nIt is asked for ${prompts.length} songs at once.\n`);
try {
  const songs$ = prompts.map((prompt, index) =>
    whisul.generate$(prompt).pipe(
      tap((state) => board.show(index, state)),
      filter(isTerminal),
      concatMap((job) => (job.status === 'completed' ? saveSong(job, folder) : EMPTY)),
      filter(({ done }) => done),
      map(({ path }) => basename(path)),
      toArray(),
    ),
  );
  const saved = (await lastValueFrom(merge(...songs$).pipe(toArray()))).filter((files) => files.length > 0);
  board.close();

  const requests = emulator.requests.filter(({ path }) => path.startsWith('/api/'));
  const submits = requests.filter(({ method }) => method === 'POST').length;
  console.log(
    `\n${saved.length} songs made, ${prompts.length - saved.length} failed; a failed job is a value of its stream.`,
  );
  console.log(`${requests.length} requests: ${submits} to submit, ${requests.length - submits} to poll.`);
  console.log(`Songs and covers are in ${folder}:`);
  for (const files of saved) console.log(`  ${files.join('  ')}`);
} catch (error) {
  board.close();
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  board.close();
  whisul.close();
  await server.close();
  emulator.close();
}
