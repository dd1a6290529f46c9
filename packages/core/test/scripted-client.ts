import { createWhisul, fixedSchedule, type ClientEvent, type Whisul, type WhisulOptions } from '@whisul-rx/core';
import { type Script, type ScriptedApi, scriptedApi } from './scripted-api.js';
import { type Watch, watch } from './watch.js';

export interface ScriptedClient {
  readonly api: ScriptedApi;
  readonly whisul: Whisul;
  readonly events: Watch<ClientEvent>;
}

/** A client of a scripted API: it polls every 5 s and has no jitter. */
export function scriptedClient(script: Script, options: WhisulOptions = {}): ScriptedClient {
  const api = scriptedApi(script);
  const whisul = createWhisul({
    apiKey: 'sk-test',
    transport: api.transport,
    schedule: fixedSchedule(5_000),
    random: () => 0,
    ...options,
  });
  return { api, whisul, events: watch(whisul.events$) };
}
