// All that an application on a server does, one thing after the other. It ends by itself, or something is left open.
import process from 'node:process';
import { undiciTransport } from '@whisul-rx/core/undici';
import { followJobs } from '../anywhere/follow-jobs.mjs';
import { followThroughGateway } from '../anywhere/follow-through-gateway.mjs';
import { chooseTransport } from './choose-transport.mjs';
import { emitEvents } from './emit-events.mjs';
import { followThroughNodeGateway } from './follow-through-node-gateway.mjs';
import { keepJournal } from './keep-journal.mjs';
import { saveFiles } from './save-files.mjs';

const withUndici = () => chooseTransport({ "undici's": { transport: undiciTransport() } });
const parts = [
  followJobs,
  followThroughGateway,
  followThroughNodeGateway,
  emitEvents,
  keepJournal,
  saveFiles,
  withUndici,
];
const wanted = process.argv.slice(2);
for (const part of parts.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  await part();
  console.log(part.name);
}
