import { type JobState, WhisulError } from '@whisul-rx/core';
import { readJobState } from '@whisul-rx/core/adapter';
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
  const jobId = id.slice(0, Math.max(0, id.lastIndexOf(':'))) || raw['job_id'];
  if (typeof jobId !== 'string') return undefined;
  const error = new WhisulError('invalid_response', 'The gateway sent a state that cannot be read.', { jobId });
  return { type: 'problem', error };
}

/** Names that are not known are left to clients of the future. */
function readMessage(event: string, id: string, data: string): StreamEvent | undefined {
  if (event === '' || event === 'message') return readState(id, data);
  if (event === 'problem') return { type: 'problem', error: problemError(parseObject(data)) };
  return event === 'end' ? { type: 'end' } : undefined;
}

function readComment(comment: string): StreamEvent {
  const [, ms] = /^\s*heartbeat=(\d+)\s*$/.exec(comment) ?? [];
  return Number(ms) > 0 ? { type: 'heartbeat', ms: Number(ms) } : { type: 'alive' };
}

/**
 * Reads the bytes of a stream, in pieces of any size, as events. The format is read as the HTML standard says; a parser
 * from npm is three times the size, and must be kept from holding back what ends with CR CR.
 *
 * @param emit - gets each event in the turn in which its last byte is fed, also states that only repeat the last one
 * @returns feeds bytes; throws a {@link StreamFailure} once an event was too long to be held
 */
export function readEvents(emit: (event: StreamEvent) => void): (bytes: Uint8Array) => void {
  // It strips the byte order mark.
  const decoder = new TextDecoder();
  let endedWithCr = false;
  /** The line that has begun. */
  let begun = '';
  // The event that has begun; without data it is none.
  let name = '';
  let id = '';
  let data: string | undefined;

  const readLine = (line: string): void => {
    let event: StreamEvent | undefined;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (line === '') {
      if (data !== undefined) event = readMessage(name, id, data);
      name = id = '';
      data = undefined;
    } else if (field === '') event = readComment(value);
    else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (field === 'event') name = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) event = { type: 'retry', ms: Number(value) };
    if (event !== undefined) emit(event);
  };

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text === '') return;
    const lines = text.replace(/\r\n?/g, '\n').split('\n');
    // That CR has ended its line, and this is the rest of its line end.
    if (endedWithCr && text.startsWith('\n')) lines.shift();
    endedWithCr = text.endsWith('\r');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      const whole = begun + line;
      begun = '';
      readLine(whole);
    }
    begun += rest;
    if (begun.length + (data?.length ?? 0) > longestEvent) {
      throw new StreamFailure(
        new WhisulError('invalid_response', 'The gateway sent an event of more than 1 MiB.'),
        true,
      );
    }
  };
}
