import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobState } from '@whisul-rx/core';
import { endFrame, heartbeatFrame, preambleFrame, retryFrame } from './control-frame.js';
import { encodeEvent, toJson, type Frame } from './frame.js';
import { problemFrame } from './problem-frame.js';
import { refuse } from './refusal.js';
import { stateFrame } from './state-frame.js';

/** Reads bytes back with a foreign parser, in one piece or a byte at a time. */
function parse(bytes: Uint8Array, step = bytes.length): { events: EventSourceMessage[]; others: unknown[] } {
  const events: EventSourceMessage[] = [];
  const others: unknown[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => others.push(comment),
    onRetry: (retry) => others.push(retry),
    onError: (error) => others.push(error),
  });
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length; at += step) {
    parser.feed(decoder.decode(bytes.subarray(at, at + step), { stream: true }));
  }
  return { events, others };
}

const breaker = fc.constantFrom(
  '\r',
  '\n',
  '\0',
  '\r\n',
  '\n\n',
  ':',
  '\u2028',
  '\ufeff',
  '\ud800',
  'data: x',
  'id: end',
);
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(breaker, fc.string())).map((parts) => parts.join('')),
);

function failed(job_id: string, prompt: string, error: string): JobState {
  return { status: 'failed', job_id, prompt, result: null, error };
}

describe('frames', () => {
  it('are read back as exactly one event with the same data, whatever strings are in the state', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, fc.boolean(), (id, prompt, error, bytewise) => {
        const state = failed(id, prompt, error);
        const { events, others } = parse(stateFrame(state).bytes, bytewise ? 1 : undefined);
        expect(others).toEqual([]);
        expect(events).toHaveLength(1);
        expect(JSON.parse(events[0]?.data ?? '')).toEqual(state);
        expect(events[0]?.event).toBeUndefined();
        expect(events[0]?.id).toMatch(/:failed$/);
      }),
    );
  });

  it('keep CR, LF and NUL out of every field', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (event, id, data) => {
        const text = encodeEvent(toJson(data), { event, id });
        expect(text).not.toMatch(/[\r\0]/);
        expect(text.match(/\n/g)).toHaveLength(4);
        const { events, others } = parse(new TextEncoder().encode(text));
        expect(others).toEqual([]);
        expect(events).toHaveLength(1);
      }),
    );
  });

  it('tell problems in an event that is not called error, with nothing but what RFC 9457 has', () => {
    fc.assert(
      fc.property(hostile, hostile, (detail, jobId) => {
        const { events } = parse(problemFrame(refuse(502, 'engine', detail, { jobId })).bytes);
        expect(events).toHaveLength(1);
        expect(events[0]?.event).toBe('problem');
        expect(JSON.parse(events[0]?.data ?? '')).toEqual({
          type: 'about:blank',
          title: 'Bad Gateway',
          status: 502,
          detail,
          code: 'engine',
          job_id: jobId,
        });
      }),
    );
  });

  it('are made once for a state object: text, bytes and JSON', () => {
    let written = 0;
    const state = Object.assign(failed('a', 'b', 'c'), {
      toJSON() {
        written += 1;
        return { status: 'failed' };
      },
    });
    const frames: Frame[] = [stateFrame(state), stateFrame(state)];
    expect(frames[0]?.bytes).toBe(frames[1]?.bytes);
    expect(written).toBe(1);
  });

  it('refuse a value that has no JSON form', () => {
    expect(() => toJson(undefined)).toThrow(TypeError);
  });
});

describe('control frames', () => {
  it('that carry no data end no block: some clients dispatch an empty message for one', () => {
    const frames = [preambleFrame({ retry: 2_000, heartbeat: 8_000 }), heartbeatFrame, retryFrame(1_000, 5_000)];
    for (const { text } of frames) expect(text).toMatch(/^([^\n]+\n)+$/);
    // And they disturb no event that follows.
    const around = frames.map(({ text }) => text + endFrame.text).join('');
    expect(parse(new TextEncoder().encode(around)).events).toEqual(
      Array(3).fill({ event: 'end', id: 'end', data: '{}' }),
    );
  });

  it('begin with the wait before a reconnect and the heartbeat, in digits', () => {
    expect(preambleFrame({ retry: 2_000.4, heartbeat: 8_000 }).text).toBe('retry: 2000\n: heartbeat=8000\n');
  });

  it('spread reconnects between two waits', () => {
    const waits = Array.from({ length: 50 }, () => Number(/^retry: (\d+)\n$/.exec(retryFrame(1_000, 5_000).text)?.[1]));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it('end with an id that comes back in Last-Event-ID', () => {
    expect(parse(endFrame.bytes).events).toEqual([{ event: 'end', id: 'end', data: '{}' }]);
  });
});
