import { pathToFileURL } from 'node:url';
import ts from 'typescript';
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
        "decodeJournalEntry",
        "encodeJournalEntry",
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
        "settingsOf",
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

it('the exported types', () => {
  const entries = builtEntries().map(({ name, file }) => ({ name, types: file.replace(/\.js$/, '.d.ts') }));
  const program = ts.createProgram(
    entries.map(({ types }) => types),
    { module: ts.ModuleKind.NodeNext, types: [], noLib: true },
  );
  const checker = program.getTypeChecker();
  const typesOf = (file: string) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const isValue = (symbol: ts.Symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return (target.flags & ts.SymbolFlags.Value) !== 0;
    };
    return (module === undefined ? [] : checker.getExportsOfModule(module))
      .filter((symbol) => !isValue(symbol))
      .map(({ name }) => name)
      .sort();
  };
  expect(Object.fromEntries(entries.map(({ name, types }) => [name, typesOf(types)]))).toMatchInlineSnapshot(`
    {
      "@whisul-rx/bullmq": [
        "BullmqEngine",
        "BullmqEngineOptions",
        "ClusterBatchOptions",
        "ClusterConnection",
        "PostgresOptions",
      ],
      "@whisul-rx/core": [
        "AdaptiveScheduleOptions",
        "ApiKey",
        "BatchEvent",
        "BatchInput",
        "BatchOptions",
        "BatchProgress",
        "BatchRequest",
        "CallOptions",
        "ClientEvent",
        "ClientEventBody",
        "CompletedJob",
        "DurationHistory",
        "FailedJob",
        "GenerateRequest",
        "Job",
        "JobEngine",
        "JobRef",
        "JobSource",
        "JobState",
        "Journal",
        "JournalEntry",
        "PollOptions",
        "PollSchedule",
        "RequestBudget",
        "RetryPolicy",
        "RunningJob",
        "Song",
        "SubmittedJob",
        "Transport",
        "TransportRequest",
        "TransportResponse",
        "Whisul",
        "WhisulErrorCode",
        "WhisulErrorDetails",
        "WhisulOptions",
      ],
      "@whisul-rx/core/adapter": [
        "ClientSettings",
        "PendingReceipts",
        "Submission",
      ],
      "@whisul-rx/core/undici": [
        "UndiciTransport",
        "UndiciTransportOptions",
      ],
      "@whisul-rx/download": [
        "SaveOptions",
        "SaveProgress",
      ],
      "@whisul-rx/emulator": [
        "EmulatedJob",
        "Emulator",
        "EmulatorOptions",
        "Fault",
        "FaultEffect",
        "FaultMatch",
        "InsteadOfAnswer",
        "RequestLog",
      ],
      "@whisul-rx/emulator/contract": [
        "AdapterSetup",
        "EngineUnderTest",
        "SourceUnderTest",
      ],
      "@whisul-rx/emulator/node": [
        "EmulatorServer",
        "ListenOptions",
      ],
      "@whisul-rx/journal": [],
      "@whisul-rx/node-events": [
        "JobEmitter",
        "JobEmitterLike",
        "JobEvents",
      ],
      "@whisul-rx/sse/client": [
        "SseSourceOptions",
      ],
      "@whisul-rx/sse/node": [
        "NodeJobsHandler",
        "NodeRequest",
        "NodeResponse",
      ],
      "@whisul-rx/sse/server": [
        "CorsOptions",
        "JobsHandler",
        "JobsHandlerOptions",
        "SseMessage",
        "SseOptions",
        "Verdict",
      ],
    }
  `);
});
