import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { builtEntries } from './built-entries.js';

// Everything a user can import, as it is built. A name that comes or goes is a decision: it shows here.
it('the exported names', async () => {
  const names: Record<string, string[]> = {};
  for (const { name, file } of builtEntries()) names[name] = Object.keys(await import(pathToFileURL(file).href)).sort();
  expect(names).toMatchInlineSnapshot(`
    {
      "@whisul-rx/bullmq": [
        "createBullmqEngine",
      ],
      "@whisul-rx/core": [
        "WhisulError",
        "adaptiveSchedule",
        "batch$",
        "batchProgress",
        "createWhisul",
        "fixedSchedule",
        "isTerminal",
        "isWhisulError",
        "jobSchema",
        "jobStateSchema",
        "memoryJournal",
        "pollUntil",
        "song",
        "songSchema",
        "throwIfFailed",
        "toAsyncIterable",
      ],
      "@whisul-rx/core/adapter": [
        "abort$",
        "badOption",
        "codeOfStatus",
        "functionOption",
        "isNeverSent",
        "isNotSent",
        "isTransient",
        "longTimer$",
        "numberOption",
        "objectOption",
        "optionNames",
        "parseJobRef",
        "parsePrompt",
        "pendingReceipts",
        "readJob",
        "readJobState",
        "registerSubmission",
        "resolveRetryPolicy",
        "retryAfterMs",
        "retryWait",
        "schedulerOption",
        "signalOption",
        "statesOption",
        "submissionOf",
      ],
      "@whisul-rx/core/undici": [
        "undiciTransport",
      ],
      "@whisul-rx/download": [
        "saveSong",
      ],
      "@whisul-rx/emulator": [
        "createEmulator",
      ],
      "@whisul-rx/emulator/contract": [
        "describeJobEngine",
        "describeJobSource",
      ],
      "@whisul-rx/emulator/node": [
        "listen",
      ],
      "@whisul-rx/journal": [
        "openJournal",
      ],
      "@whisul-rx/node-events": [
        "fromEmitter",
        "toEmitter",
      ],
      "@whisul-rx/sse/client": [
        "createSseSource",
      ],
      "@whisul-rx/sse/node": [
        "createNodeJobsHandler",
        "pipeToSse",
      ],
      "@whisul-rx/sse/server": [
        "createJobsHandler",
        "toSseMessages",
        "toSseResponse",
      ],
    }
  `);
});
