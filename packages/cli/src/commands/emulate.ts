import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import type { CommandContext } from '../session/command-context.js';
import { type ApiOptions, emulatorOptions } from '../session/open-api.js';
import { listening } from '../session/listening.js';
import { jsonLine } from '../view/json-line.js';

/** The options of `emulate`. */
export interface EmulateOptions extends ApiOptions {
  readonly port: number;
}

/** `whisul-rx emulate`: the emulated API on a port, until Ctrl-C. */
export async function emulate(
  options: EmulateOptions,
  { terminal, json, interruption }: CommandContext,
): Promise<number> {
  const emulator = createEmulator(emulatorOptions(options));
  const server = await listening(options.port, () => listen(emulator, { port: options.port }));
  if (json) terminal.print(jsonLine({ type: 'listening', url: server.url }));
  else {
    terminal.print(`The emulated Whisul API listens at ${server.url}. Nothing is charged. Ctrl-C ends it.`);
    terminal.print('Paste this into another terminal:');
    terminal.print(`  export WHISUL_BASE_URL=${server.url} WHISUL_API_KEY=emulated`);
  }
  await interruption.aborted;
  await server.close();
  emulator.close();
  return 0;
}
