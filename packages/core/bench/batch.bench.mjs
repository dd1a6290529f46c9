// What batch$ itself costs: CPU an item and heap that stays, beside a plain worker loop, p-map and from + mergeMap, all
// with the same engine that answers in a microtask; and what a batch of a whole client costs, on a `fetch` in this process.
// Interleaved repeats in processes of their own; the medians count.
// Run: node --expose-gc packages/core/bench/batch.bench.mjs [--quick]
import { fileURLToPath } from 'node:url';
import { median, report } from '../../../scripts/bench/report.mjs';
import { runContender } from '../../../scripts/bench/run-contender.mjs';

const [, , contender, count] = process.argv;
const concurrency = 16;
const submitted = {
  status: 'submitted',
  job_id: 'j',
  prompt: 'p',
  poll_url: '/jobs/j',
  submitted_at: '2026-01-01T00:00:00Z',
};
const completed = { status: 'completed', job_id: 'j', prompt: 'p', result: {}, error: null };
const answer = JSON.stringify({
  status: 'completed',
  prompt: 'p',
  result: {
    title: 'A song',
    bpm: 85,
    duration: 183,
    song_url: 'https://cdn.whisul.com/songs/1.mp3',
    image_url: 'https://cdn.whisul.com/songs/1.png',
    tags: 'folk, calm',
  },
  error: null,
  started_at: '2026-01-01 00:00:00',
  finished_at: '2026-01-01 00:01:38',
});

let unfinished = 0;
let most = 0;
function* prompts(length) {
  for (let index = 0; index < length; index += 1) {
    most = Math.max(most, (unfinished += 1));
    yield `song ${index}`;
  }
}

async function createEngine() {
  const { Observable } = await import('rxjs');
  return {
    generate$: () =>
      new Observable((subscriber) => {
        subscriber.next(submitted);
        queueMicrotask(() => {
          unfinished -= 1;
          subscriber.next(completed);
          subscriber.complete();
        });
      }),
    job$: () => new Observable(),
  };
}

const follow = (engine, prompt, seen) =>
  new Promise((resolve, reject) => {
    engine.generate$(prompt).subscribe({ next: seen, error: reject, complete: resolve });
  });

/** A `fetch` that accepts every prompt and says of every job that it is completed. */
const createFetch = () => {
  let jobs = 0;
  return async (url, { method }) => {
    if (method === 'POST') {
      jobs += 1;
      const receipt = { ...submitted, job_id: `job-${jobs}`, poll_url: `/api/jobs/job-${jobs}` };
      return new Response(JSON.stringify(receipt), { status: 202 });
    }
    unfinished -= 1;
    return new Response(answer);
  };
};

const contenders = {
  async 'worker loop'(length, seen) {
    const engine = await createEngine();
    return async () => {
      const source = prompts(length);
      const worker = async () => {
        for (const prompt of source) await follow(engine, prompt, seen);
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    };
  },
  async batch$(length, seen) {
    const { batch$ } = await import('@whisul-rx/core');
    const engine = await createEngine();
    return () =>
      new Promise((resolve, reject) => {
        batch$(engine, prompts(length), { concurrency }).subscribe({ next: seen, error: reject, complete: resolve });
      });
  },
  async 'p-map'(length, seen) {
    const { pMapIterable } = await import('p-map');
    const engine = await createEngine();
    return async () => {
      const done = pMapIterable(prompts(length), (prompt) => follow(engine, prompt, seen), { concurrency });
      const iterator = done[Symbol.asyncIterator]();
      while (!(await iterator.next()).done) continue;
    };
  },
  async 'from + mergeMap'(length, seen) {
    const { from, mergeMap } = await import('rxjs');
    const engine = await createEngine();
    return () =>
      new Promise((resolve, reject) => {
        const states$ = from(prompts(length)).pipe(mergeMap((prompt) => engine.generate$(prompt), concurrency));
        states$.subscribe({ next: seen, error: reject, complete: resolve });
      });
  },
  async 'whole client'(length, seen) {
    const { createWhisul, fixedSchedule } = await import('@whisul-rx/core');
    const whisul = createWhisul({ apiKey: 'key', fetch: createFetch(), schedule: fixedSchedule(0) });
    return () =>
      new Promise((resolve, reject) => {
        whisul.batch$(prompts(length), { concurrency }).subscribe({ next: seen, error: reject, complete: resolve });
      });
  },
};

/** The contenders that all have the same engine. */
const onOneEngine = Object.keys(contenders).filter((name) => name !== 'whole client');

const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
};

/**
 * The figures come from runs of their own: collecting garbage costs CPU, and the code after it is slower for a while
 * (`batch$` took 2.5 us an item instead of 1.7).
 */
async function measure(name, length) {
  const ignore = () => {};
  for (let round = 0; round < 3; round += 1) await (await contenders[name](10_000, ignore))();
  const run = await contenders[name](length, ignore);
  const started = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(started);

  most = unfinished = 0;
  let events = 0;
  let peak = 0;
  const before = heap();
  const watched = await contenders[name](length, () => {
    events += 1;
    if (events % (length / 2) === 0) peak = Math.max(peak, heap() - before);
  });
  await watched();
  if (events !== 2 * length) throw new Error(`${name} emitted ${events} events for ${length} items`);
  console.log(JSON.stringify({ cpu: (user + system) / length, retained: peak, most }));
}

function compare(quick) {
  const length = 100_000;
  const rows = [
    ...onOneEngine.map((name) => [name, name.startsWith('from') ? length / 10 : length]),
    ['batch$', length / 10],
    ['batch$', 2 * length],
    ['whole client', 12_000],
    ['whole client', 120_000],
  ];
  const figures = rows.map(() => []);
  for (let repeat = 0; repeat < (quick ? 1 : 5); repeat += 1) {
    rows.forEach(([name, size], row) => {
      figures[row].push(runContender(fileURLToPath(import.meta.url), [name, size], ['--expose-gc']));
    });
  }
  const figure = (at, field) => median(figures[at].map((one) => one[field]));
  const of = (name, size) => rows.findIndex((row) => row[0] === name && row[1] === size);
  const cpu = (at) => figure(at, 'cpu');
  report({
    title: 'Batches',
    note: `Concurrency ${concurrency}. All rows but the whole client share an engine that answers in a microtask.`,
    columns: ['', 'items', 'CPU an item', 'of the loop', 'heap kept', 'most pulled'],
    rows: rows.map(([name, size], at) => [
      name,
      size.toLocaleString('en'),
      `${cpu(at).toFixed(2)} us`,
      onOneEngine.includes(name) ? `${(cpu(at) / cpu(0)).toFixed(2)} x` : '',
      `${figure(at, 'retained').toFixed(2)} MB`,
      figure(at, 'most'),
    ]),
    bars: {
      label: 'CPU an item, us',
      values: rows.flatMap(([name, size], at) =>
        onOneEngine.includes(name) ? [[`${name}, ${size.toLocaleString('en')} items`, cpu(at)]] : [],
      ),
    },
    targets: [
      { what: '`batch$`, of a worker loop', measured: cpu(of('batch$', length)) / cpu(0), most: 2, unit: 'x' },
      {
        what: '`batch$`, an item of 200,000, of one of 10,000',
        measured: cpu(of('batch$', 2 * length)) / cpu(of('batch$', length / 10)),
        most: 1.3,
        unit: 'x',
      },
      { what: '`batch$`, heap kept', measured: figure(of('batch$', length), 'retained'), most: 1, unit: 'MB' },
      {
        what: 'a whole client, an item of 120,000, of one of 12,000',
        measured: cpu(of('whole client', 120_000)) / cpu(of('whole client', 12_000)),
        most: 1.2,
        unit: 'x',
      },
    ],
  });
}

if (contenders[contender]) await measure(contender, Number(count));
else compare(process.argv.includes('--quick'));
