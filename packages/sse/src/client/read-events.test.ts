import { describe, expect, it } from 'vitest';
import { frame, stateOf } from '../../test/scripted-fetch.js';
import { readEvents, type StreamEvent } from './read-events.js';
import { StreamFailure } from './stream-failure.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The events of some bytes: fed whole, byte by byte, and in two pieces at every place. */
function readInEveryWay(text: string): StreamEvent[] {
  const all = bytes(text);
  const ways = [
    [all],
    Array.from(all, (_, at) => all.subarray(at, at + 1)),
    ...Array.from(all, (_, at) => [all.subarray(0, at), all.subarray(at)]),
  ];
  const [whole = [], ...others] = ways.map((pieces) => {
    const events: StreamEvent[] = [];
    const feed = readEvents((event) => events.push(event));
    for (const piece of pieces) feed(piece);
    return events.filter(({ type }) => type !== 'alive');
  });
  for (const other of others) expect(other).toEqual(whole);
  return whole;
}

// The vectors measured in Chromium carry plain text; here a state stands for each message and tells what arrived.
const a = JSON.stringify(stateOf('a', 'running'));
const b = JSON.stringify(stateOf('b', 'running'));
const A = { type: 'state', state: { job_id: 'a' } };
const B = { type: 'state', state: { job_id: 'b' } };
/** A state whose JSON is spread over two lines of data. */
const cut = a.indexOf(',') + 1;
const [head, tail, tailOfB] = [a.slice(0, cut), a.slice(cut), b.slice(cut)];

describe('the vectors measured in a browser, whole, byte by byte and cut at every place', () => {
  it.each([
    ['byte order mark', `\uFEFFdata: ${a}\n\n`, [A]],
    ['only the first byte order mark', `\uFEFF\uFEFFdata: ${a}\n\ndata: ${b}\n\n`, [B]],
    ['comment block', `: hb\n\ndata: ${a}\n\n`, [A]],
    ['blank lines', `\n\n\ndata: ${a}\n\n`, [A]],
    ['an unfinished block', `data: ${a}\n\ndata: ${b}\n`, [A]],
    ['data without a colon', `data\n\ndata\ndata\n\ndata: ${a}\n\ndata:\n`, [A]],
    ['an id without data', `id: 9\n\ndata: ${a}\n\n`, [A]],
    ['an id with NUL', `id: x\0y:running\ndata: ${a}\n\n`, [A]],
    ['an empty first line', `data:\ndata: ${a}\n\n`, [A]],
    ['an empty event name', `event: \ndata: ${a}\n\n`, [A]],
    ['an event without data', `event: problem\n\ndata: ${a}\n\n`, [A]],
    ['CR alone, CR CR at the very end', `data: ${a}\r\rdata: ${b}\r\r`, [A, B]],
    ['a name with a trailing space', `event: problem \ndata: ${a}\n\ndata: ${b}\n\n`, [B]],
    ['mixed line ends', `data: ${head}\r\ndata: ${tail}\r\n\r\ndata: ${head}\rdata: ${tailOfB}\n\r\n`, [A, B]],
    ['no space after the colon', `data:${a}\n\n`, [A]],
    ['an event called message', `event: message\ndata: ${a}\n\n`, [A]],
    ['a name of the future', `event: progress\ndata: ${a}\n\n`, []],
    ['end', 'event: end\nid: end\ndata: {}\n\n', [{ type: 'end' }]],
  ])('%s', (_, text, expected) => {
    expect(readInEveryWay(text)).toMatchObject(expected);
    expect(readInEveryWay(text)).toHaveLength(expected.length);
    const crs = text.replace(/\r\n|\n/g, '\r');
    expect(readInEveryWay(crs)).toMatchObject(expected);
    expect(readInEveryWay(crs)).toHaveLength(expected.length);
  });

  it('characters of several bytes', () => {
    const text = `data: ${JSON.stringify({ ...stateOf('a', 'running'), prompt: 'ok…😀é' })}\n\n`;
    expect(readInEveryWay(text)).toMatchObject([{ state: { prompt: 'ok…😀é' } }]);
  });

  it('retry and heartbeat', () => {
    expect(readInEveryWay('retry: 2000\n: heartbeat=8000\n\n')).toEqual([
      { type: 'retry', ms: 2_000 },
      { type: 'heartbeat', ms: 8_000 },
    ]);
    expect(readInEveryWay('retry: soon\nretry: -5\n: heartbeat=0\n\n')).toEqual([]);
  });
});

describe('a CR at the end of a piece', () => {
  it('ends an event after another CR, in the turn of its last byte', () => {
    const events: StreamEvent[] = [];
    const feed = readEvents((event) => events.push(event));
    feed(bytes(`data: ${a}\r\r`));
    expect(events).toMatchObject([A]);
    feed(bytes(`data: ${b}\r`));
    feed(bytes('\r'));
    expect(events).toMatchObject([A, B]);
  });

  it('is one line end with the LF that begins the next one, also after a piece that is half a character', () => {
    const events: StreamEvent[] = [];
    const feed = readEvents((event) => events.push(event));
    feed(bytes(`data: ${head}\r`));
    feed(bytes(`\ndata: ${tail}\r`));
    feed(new Uint8Array());
    feed(bytes('\n'));
    expect(events).toEqual([]);
    feed(bytes('\r'));
    expect(events).toMatchObject([A]);
    feed(bytes(`\ndata: ${b}\n\r`));
    expect(events).toMatchObject([A, B]);
  });
});

describe('frames that cannot be read', () => {
  it.each([
    ['told by the id field', 'id: a:completed\ndata: {"status":"comp\n\n', 'a'],
    ['told by an id with colons', 'id: a:b:completed\ndata: nonsense\n\n', 'a:b'],
    ['told by the job_id', 'data: {"job_id":"a","status":"completed","result":null}\n\n', 'a'],
  ])('%s', (_, text, jobId) => {
    expect(readInEveryWay(text)).toMatchObject([{ type: 'problem', error: { code: 'invalid_response', jobId } }]);
  });

  it.each(['data: nonsense\n\n', 'id: end\ndata: []\n\n', 'data: null\n\n', 'data: {"job_id":7}\n\n'])(
    'of no job: %j',
    (text) => {
      expect(readInEveryWay(text)).toEqual([]);
    },
  );
});

it('reads a problem: the code wins over the status, an unknown code falls back to it', () => {
  const read = (fields: object): unknown => {
    const [event] = readInEveryWay(`event: problem\ndata: ${JSON.stringify({ job_id: 'a', ...fields })}\n\n`);
    return event?.type === 'problem' ? [event.error.jobId, event.error.code, event.error.message] : undefined;
  };
  expect(read({ code: 'job_timeout', status: 502, detail: 'Late.' })).toEqual(['a', 'job_timeout', 'Late.']);
  expect(read({ code: 'of_tomorrow', status: 404, title: 'Gone' })).toEqual(['a', 'not_found', 'Gone.']);
  expect(read({ code: 'of_tomorrow' })).toEqual(['a', 'engine', expect.any(String)]);
});

it('gives up on an event that is too long, and holds no more than that', () => {
  const feed = readEvents(() => undefined);
  const piece = bytes('x'.repeat(65_536));
  feed(bytes(`${frame('a', 'running')}data: `));
  for (let fed = 0; fed < 15; fed += 1) feed(piece);
  expect(() => {
    for (let fed = 0; fed < 5; fed += 1) feed(piece);
  }).toThrow(StreamFailure);
});

it('keeps nothing of the states it has read, whatever jobs they are of', () => {
  const text = ['running', 'running', 'completed', 'completed'].map((status) => frame('a', status));
  const read = readInEveryWay(text.join(frame('b', 'running')));
  expect(
    read.map((event) => (event.type === 'state' ? `${event.state.job_id}:${event.state.status}` : event.type)),
  ).toEqual(['a:running', 'b:running', 'a:running', 'b:running', 'a:completed', 'b:running', 'a:completed']);
});
