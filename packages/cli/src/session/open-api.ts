import { createWhisul, fixedSchedule, type Journal, type Whisul, WhisulError } from '@whisul-rx/core';
import { createEmulator, type EmulatorOptions } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { recallJobs } from './recall-jobs.js';
import { UsageError } from './usage-error.js';

/** The options that every command has which talks to the API. */
export interface ApiOptions {
  readonly baseUrl?: string;
  readonly emulate?: boolean;
  readonly failureRate?: number;
  readonly duration?: readonly [min: number, max: number];
  readonly seed?: number;
}

/** The API that a command works with. */
export interface Api {
  readonly whisul: Whisul;
  /** Which one it is: the base URL, or `emulator` with its seed. */
  readonly name: string;
  /** Nothing is paid. */
  readonly emulated: boolean;
  /** Ms that jobs take, as far as is known beforehand. */
  readonly expected: number;
  /** Fetches songs and covers, where the platform cannot. */
  readonly fetch?: typeof globalThis.fetch;
  /** Takes over the jobs of an earlier command, where they ended with it. */
  recall?(journal: Journal): Promise<void>;
  close(): Promise<void>;
}

/** The API of the options, of the variables, or one that is started for this command. */
export async function openApi(options: ApiOptions, env: NodeJS.ProcessEnv): Promise<Api> {
  if (options.emulate === true) {
    if (options.baseUrl === undefined) return emulatedApi(options);
    throw new UsageError('Give --emulate or --base-url, not both.');
  }
  const { failureRate, duration, seed } = options;
  if (failureRate === undefined && duration === undefined && seed === undefined) return realApi(options, env);
  throw new UsageError('--failure-rate, --duration and --seed are for an emulated API: add --emulate.');
}

function realApi({ baseUrl }: ApiOptions, env: NodeJS.ProcessEnv): Promise<Api> {
  if (!env['WHISUL_API_KEY']) {
    const message = 'There is no API key. Set WHISUL_API_KEY, or try it without one: --emulate. Nothing was sent.';
    return Promise.reject(new WhisulError('unauthorized', message));
  }
  const whisul = createWhisul(baseUrl === undefined ? {} : { baseUrl });
  return Promise.resolve({
    whisul,
    // A slash at the end makes no other API of it.
    name: (baseUrl ?? (env['WHISUL_BASE_URL'] || 'https://whisul.com/api')).replace(/\/+$/, ''),
    emulated: false,
    expected: 100_000,
    close: () => {
      whisul.close();
      return Promise.resolve();
    },
  });
}

/** What `createEmulator` takes, from what the command line gives. */
export function emulatorOptions({ failureRate, duration, seed }: ApiOptions): EmulatorOptions {
  return {
    ...(failureRate !== undefined && { failureRate }),
    ...(duration !== undefined && { jobDuration: duration }),
    ...(seed !== undefined && { seed }),
  };
}

async function emulatedApi(options: ApiOptions): Promise<Api> {
  const [min, max] = options.duration ?? [6_000, 12_000];
  let behind = 0;
  const emulator = createEmulator({ ...emulatorOptions(options), now: () => Date.now() - behind });
  const server = await listen(emulator);
  // The API on this machine can be polled often.
  const schedule = fixedSchedule(500);
  const whisul = createWhisul({ apiKey: 'emulated', baseUrl: server.url, schedule });
  return {
    whisul,
    // Another seed than the emulator's own has other ids.
    name: options.seed === undefined || options.seed === 1 ? 'emulator' : `emulator with seed ${options.seed}`,
    emulated: true,
    expected: (min + max) / 2,
    // In this process: the address of an earlier command's songs is gone with it.
    fetch: emulator.fetch,
    recall: async (journal) => {
      // So long ago that they have ended meanwhile, as Whisul's would.
      behind = max + 1_000;
      await recallJobs(emulator, journal);
      behind = 0;
    },
    close: async () => {
      whisul.close();
      await server.close();
      emulator.close();
    },
  };
}
