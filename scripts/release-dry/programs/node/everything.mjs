// All that an application on a server does, one thing after the other. It ends by itself, or something is left open.
import process from 'node:process';
import { undiciTransport } from '@whisul-rx/core/undici';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { followJobs } from '../anywhere/follow-jobs.mjs';
import { followThroughGateway } from '../anywhere/follow-through-gateway.mjs';
import { chooseTransport } from './choose-transport.mjs';
import { emitEvents } from './emit-events.mjs';
import { followThroughNodeGateway } from './follow-through-node-gateway.mjs';
import { keepJournal } from './keep-journal.mjs';
import { saveFiles } from './save-files.mjs';

/** undici where it is itself; Bun has a stand-in for it, which must be refused before anything is sent. */
async function chooseTransports() {
  if (process.versions.bun === undefined) return chooseTransport({ "undici's": { transport: undiciTransport() } });
  const code = catchCode(() => undiciTransport());
  expectEqual(code, 'invalid_request', 'undici on Bun');
  return chooseTransport();
}

function catchCode(work) {
  try {
    work();
  } catch (error) {
    return error.code;
  }
}

const parts = [
  followJobs,
  followThroughGateway,
  followThroughNodeGateway,
  emitEvents,
  keepJournal,
  saveFiles,
  chooseTransports,
];
for (const part of parts) {
  await part();
  console.log(part.name);
}
