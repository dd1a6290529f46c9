import type { JobEmitter } from '@whisul-rx/node-events';

/** Everything an emitter emits, in order: its name and, for `error`, the error's message. */
export function record(emitter: JobEmitter): string[] {
  const heard: string[] = [];
  emitter.on('state', (state) => heard.push(`state ${state.status}`));
  for (const event of ['submitted', 'running', 'completed', 'failed', 'close'] as const) {
    emitter.on(event, () => heard.push(event));
  }
  emitter.on('error', (error) => heard.push(`error ${error.message}`));
  return heard;
}

/** Lets everything that is due now happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
