export { openJournal } from './open-journal.js';
