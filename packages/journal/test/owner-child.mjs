// Another process, or another thread, for owner.test.ts: opens and closes journals of one folder, when it is told to, with
// the built package.
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { openJournal } from '@whisul-rx/journal';

const [folder, pid] = process.argv.slice(2);
// The main process of every container has the same one.
if (pid) Object.defineProperty(process, 'pid', { value: Number(pid) });

const journals = [];
const doings = {
  open: async () => {
    journals.push(await openJournal(folder));
    return 'opened';
  },
  close: async () => {
    for (const journal of journals.splice(0)) await journal.close();
    return 'closed';
  },
};
const answer = (text) => (parentPort ? parentPort.postMessage(text) : process.send(text));
(parentPort ?? process).on('message', (doing) => {
  doings[doing]().then(answer, (error) => answer(error.message));
});
