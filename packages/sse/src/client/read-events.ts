import { type JobState, readJobState, WhisulError } from '@whisul-rx/core';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { parseObject, problemError } from './problem-error.js';

/** What a stream can tell. */
export type StreamEvent =
  | { readonly type: 'open' }
  | { readonly type: 'state'; readonly id: string; readonly state: JobState }
  | { readonly type: 'problem'; readonly id: string | undefined; readonly error: WhisulError }
  | { readonly type: 'end' }
  /** A reconnect may come no earlier than this many ms after the end. */
  | { readonly type: 'retry'; readonly ms: number }
  /** The gateway breaks silence this often (ms). */
  | { readonly type: 'heartbeat'; readonly ms: number }
  | { readonly type: 'alive' };

/** No frame of a job comes near; what is longer is not ours, and must not fill the memory. */
const longestEvent = 1_048_576;

function readStateEvent({ id = '', data }: EventSourceMessage): StreamEvent | undefined {
  const raw = parseObject(data);
  const state = readJobState(raw);
  if (state !== undefined) return { type: 'state', id: state.job_id, state };
  const jobId = id.slice(0, Math.max(0, id.lastIndexOf(':'))) || raw['job_id'];
  if (typeof jobId !== 'string') return undefined;
  const error = new WhisulError('invalid_response', 'The gateway sent a state of this job that cannot be read.');
  return { type: 'problem', id: jobId, error };
}

/** Names that are not known are left to clients of the future. */
function readMessage(message: EventSourceMessage): StreamEvent | undefined {
  switch (message.event) {
    case undefined:
    case 'message':
      return readStateEvent(message);
    case 'problem': {
      const error = problemError(parseObject(message.data));
      return { type: 'problem', id: error.jobId, error };
    }
    case 'end':
      return { type: 'end' };
    default:
      return undefined;
  }
}

/**
 * Reads the bytes of a stream, in pieces of any size, as events.
 *
 * @param emit - gets each event in the turn in which its last byte is fed
 * @returns feeds bytes; `false` once an event was too long to be held
 */
export function readEvents(emit: (event: StreamEvent) => void): (bytes: Uint8Array) => boolean {
  let readable = true;
  // The parser strips the byte order mark, and must do so once only.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (message) => {
      const event = readMessage(message);
      if (event !== undefined) emit(event);
    },
    onRetry: (ms) => {
      emit({ type: 'retry', ms });
    },
    onComment: (comment) => {
      const [, ms] = /^\s*heartbeat=(\d+)\s*$/.exec(comment) ?? [];
      emit(Number(ms) > 0 ? { type: 'heartbeat', ms: Number(ms) } : { type: 'alive' });
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') readable = false;
    },
  });
  return (bytes) => {
    parser.feed(decoder.decode(bytes, { stream: true }));
    return readable;
  };
}
