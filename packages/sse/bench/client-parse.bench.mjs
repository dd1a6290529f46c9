// Bytes to validated state: the client against the parser it is built on, bare and in its stream form, at 4 KB a chunk.
// Run on the built package: `node packages/sse/bench/client-parse.bench.mjs`.
import { createSseSource } from '@whisul-rx/sse/client';
import { createParser } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { forkJoin, lastValueFrom } from 'rxjs';
import { median, report } from '../../../scripts/bench/report.mjs';

const repeats = 7;
const jobs = 50;
const rounds = 800;
const chunkSize = 4096;

const ids = Array.from({ length: jobs }, (_, at) => `81fa5ff7-6197-4c24-8062-${String(at).padStart(12, '0')}`);
const song = {
  title: 'Midnight Drizzle',
  bpm: 85,
  duration: 183,
  song_url: 'https://cdn.whisul.com/songs/81fa5ff7.mp3',
  image_url: 'https://cdn.whisul.com/art/81fa5ff7.png',
  tags: 'lo-fi, hip hop, relaxing, jazzy',
};

function frame(job_id, round) {
  const done = round === rounds;
  const state = {
    status: done ? 'completed' : 'running',
    job_id,
    prompt: 'a relaxing lo-fi hip hop beat with rain on the window and a slow piano',
    started_at: '2026-02-17T15:39:34.000Z',
    result: done ? song : null,
    error: null,
    // No two frames are alike, so nothing can be saved by comparing them.
    ...(done ? { finished_at: '2026-02-17T15:41:12.000Z' } : { progress: round / rounds }),
  };
  return `id: ${job_id}:${state.status}\ndata: ${JSON.stringify(state)}\n\n`;
}

let text = 'retry: 2000\n: heartbeat=8000\n\n';
for (let round = 1; round <= rounds; round += 1) for (const id of ids) text += frame(id, round);
const bytes = new TextEncoder().encode(text);
const chunks = [];
for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.subarray(at, at + chunkSize));
const frames = jobs * rounds;

function body() {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

const contestants = {
  'bare eventsource-parser': async () => {
    let events = 0;
    const parser = createParser({ onEvent: () => (events += 1) });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    return events;
  },
  'eventsource-parser/stream': async () => {
    let events = 0;
    const reader = body().pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
    while (!(await reader.read()).done) events += 1;
    return events;
  },
  '@whisul-rx/sse/client (validated states)': async () => {
    const source = createSseSource({
      url: 'http://gateway.local/jobs',
      fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }),
    });
    const last = await lastValueFrom(forkJoin(ids.map((id) => source.job$(id))));
    source.close();
    if (last.some(({ status }) => status !== 'completed')) throw new Error('a job was lost');
    return frames;
  },
};

const times = new Map(Object.keys(contestants).map((name) => [name, []]));
for (let repeat = -1; repeat < repeats; repeat += 1) {
  for (const [name, run] of Object.entries(contestants)) {
    const begun = performance.now();
    if ((await run()) !== frames) throw new Error(`${name} lost a frame`);
    if (repeat >= 0) times.get(name).push(performance.now() - begun);
  }
}

const bare = median(times.get('bare eventsource-parser'));
const speed = (ms) => bytes.length / ms / 1e3;
const medians = [...times].map(([name, values]) => [name, median(values)]);
const ours = median(times.get('@whisul-rx/sse/client (validated states)'));
report({
  title: 'Reading SSE',
  note: `${(bytes.length / 1e6).toFixed(1)} MB, ${frames} frames of ${jobs} jobs, chunks of ${chunkSize} B, medians of ${repeats}.`,
  columns: ['reader', 'MB/s', 'us a frame', 'of bare'],
  rows: medians.map(([name, ms]) => [
    name,
    speed(ms).toFixed(0),
    ((ms * 1e3) / frames).toFixed(2),
    `${(bare / ms).toFixed(2)} x`,
  ]),
  bars: { label: 'MB/s', values: medians.map(([name, ms]) => [name, speed(ms)]) },
  targets: [{ what: '`sse/client`, speed of bare eventsource-parser', measured: bare / ours, least: 0.28, unit: 'x' }],
});
