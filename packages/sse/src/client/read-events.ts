import { type JobState, WhisulError } from '@whisul-rx/core';
import { readJobState } from '@whisul-rx/core/adapter';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { parseObject, problemError } from './problem-error.js';
import { StreamFailure } from './stream-failure.js';

/** What a stream can tell. */
export type StreamEvent =
  | { readonly type: 'open' }
  | { readonly type: 'state'; readonly state: JobState }
  /** Of the job that the error names; without one, of the whole stream. */
  | { readonly type: 'problem'; readonly error: WhisulError }
  | { readonly type: 'end' }
  /** A reconnect may come no earlier than this many ms after the end. */
  | { readonly type: 'retry'; readonly ms: number }
  /** The gateway breaks silence this often (ms). */
  | { readonly type: 'heartbeat'; readonly ms: number }
  | { readonly type: 'alive' };

/** No frame of a job comes near; what is longer is not ours, and must not fill the memory. */
const longestEvent = 1_048_576;

function readState(id: string, data: string): StreamEvent | undefined {
  const raw = parseObject(data);
  const state = readJobState(raw);
  if (state !== undefined) return { type: 'state', state };
  const jobId = id.replace(/:?[^:]*$/, '') || raw['job_id'];
  if (typeof jobId !== 'string') return undefined;
  const error = new WhisulError('invalid_response', 'The gateway sent a state that cannot be read.', { jobId });
  return { type: 'problem', error };
}

/** Names that are not known are left to clients of the future. */
function readMessage({ event = 'message', id = '', data }: EventSourceMessage): StreamEvent | undefined {
  if (event === 'message') return readState(id, data);
  if (event === 'problem') return { type: 'problem', error: problemError(parseObject(data)) };
  return event === 'end' ? { type: 'end' } : undefined;
}

/**
 * Reads the bytes of a stream, in pieces of any size, as events.
 *
 * @param emit - gets each event in the turn in which its last byte is fed, also states that only repeat the last one
 * @returns feeds bytes; throws a {@link StreamFailure} once an event was too long to be held
 */
export function readEvents(emit: (event: StreamEvent) => void): (bytes: Uint8Array) => void {
  // Node 24 and 26 strip two byte order marks when the first one is cut, so none is left to them.
  const decoder = new TextDecoder(undefined, { ignoreBOM: true });
  /** What the next piece may begin with that says nothing: at first the byte order mark. */
  let mute = '\uFEFF';
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
      const ms = Number(/^\s*heartbeat=(\d+)\s*$/.exec(comment)?.[1]);
      emit(ms > 0 ? { type: 'heartbeat', ms } : { type: 'alive' });
    },
    onError: ({ type }) => {
      if (type !== 'max-buffer-size-exceeded') return;
      const message = 'The gateway sent an event over 1 MiB.';
      throw new StreamFailure(new WhisulError('invalid_response', message), true);
    },
  });
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (!text) return;
    const rest = text.startsWith(mute) ? text.slice(mute.length) : text;
    // eventsource-parser 3.1.1 takes a CR at the end of a piece for half a CR LF, and holds the event back.
    mute = text.endsWith('\r') ? '\n' : '';
    parser.feed(rest.replace(/\r\n?/g, '\n'));
  };
}
