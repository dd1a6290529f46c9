import { encodeEvent, Frame } from './frame.js';

/** Every job of the stream has ended. Its id comes back as `Last-Event-ID` from a client that saw it. */
export const endFrame = new Frame(encodeEvent('{}', { event: 'end', id: 'end' }), '{}', 'end', true);

// What carries no data is not ended with a blank line: some clients dispatch an empty message for one.

/** A comment: it keeps proxies and watchdogs from taking silence for death. */
export const heartbeatFrame = new Frame(':\n');

/** The first bytes of a stream: how long to wait before a reconnect, and how often silence is broken (ms). */
export function preambleFrame(timing: { retry: number; heartbeat: number }): Frame {
  return new Frame(`retry: ${whole(timing.retry)}\n: heartbeat=${whole(timing.heartbeat)}\n`);
}

/** Asks for a reconnect at a random moment between two waits (ms), so that clients do not come back all at once. */
export function retryFrame(min: number, max: number): Frame {
  return new Frame(`retry: ${whole(min + Math.random() * (max - min))}\n`);
}

// Readers drop a retry that has anything but digits.
function whole(ms: number): string {
  return String(Math.round(ms));
}
