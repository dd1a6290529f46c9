// Another process, or another thread, for owner.test.ts: tries to open a journal with the built package, and goes.
import { openJournal } from '@whisul-rx/journal';

await openJournal(process.argv[2]).then(
  async (journal) => {
    console.log('opened');
    await journal.close();
  },
  (error) => console.log(error.message),
);
