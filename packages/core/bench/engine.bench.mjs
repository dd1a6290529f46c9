// What the engine itself costs: CPU a poll and heap a followed job, HTTP left out, beside a plain async loop and the
// naive RxJS recipe. whisul-rx also runs on RxJS's own `asyncScheduler`: the difference is what shared timers save.
// All poll the same in-process fake every second; the repeats are interleaved, the medians count.
// Run: node --expose-gc packages/core/bench/engine.bench.mjs [--quick]
import { fileURLToPath } from 'node:url';
import { median, report } from '../../../scripts/bench/report.mjs';
import { runContender } from '../../../scripts/bench/run-contender.mjs';

const [, , contender, jobs, seconds] = process.argv;
const body = JSON.stringify({
  status: 'running',
  prompt: 'a song',
  result: null,
  error: null,
  started_at: '2026-02-17 15:39:34',
});
const headers = new Headers();
const transport = () => Promise.resolve({ status: 200, headers, text: () => Promise.resolve(body) });

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the jobs evenly over one interval, as they come in real life, not all in the same millisecond. */
async function spread(count, interval, start) {
  const began = performance.now();
  for (let i = 0; i < count;) {
    const until = Math.min(count, ((performance.now() - began) / interval) * count);
    for (; i < until; i += 1) start(i);
    await pause(1);
  }
}

async function followAll(options, count, interval, polled) {
  const { createWhisul, fixedSchedule } = await import('@whisul-rx/core');
  const counted = (request) => (polled(), transport(request));
  const whisul = createWhisul({ ...options, apiKey: 'key', transport: counted, schedule: fixedSchedule(interval) });
  await spread(count, interval, (i) => whisul.job$(`job-${i}`).subscribe(() => {}));
}

const contenders = {
  async 'plain async loop'(count, interval, polled) {
    const follow = async (id) => {
      for (;;) {
        const response = await transport({ method: 'GET', url: `https://whisul.com/api/jobs/${id}` });
        const job = JSON.parse(await response.text());
        polled();
        if (job.status !== 'running') return;
        await new Promise((resolve) => setTimeout(resolve, interval));
      }
    };
    await spread(count, interval, (i) => void follow(`job-${i}`));
  },
  async 'naive RxJS'(count, interval, polled) {
    const { timer, switchMap, map, takeWhile, distinctUntilChanged, shareReplay } = await import('rxjs');
    await spread(count, interval, (i) => {
      timer(0, interval)
        .pipe(
          switchMap(() => transport({ method: 'GET', url: `https://whisul.com/api/jobs/job-${i}` })),
          switchMap((response) => response.text()),
          map((text) => (polled(), JSON.parse(text))),
          takeWhile((job) => job.status === 'running', true),
          distinctUntilChanged((a, b) => a.status === b.status),
          shareReplay({ bufferSize: 1, refCount: true }),
        )
        .subscribe(() => {});
    });
  },
  async 'whisul-rx'(count, interval, polled) {
    await followAll({}, count, interval, polled);
  },
  async 'whisul-rx on asyncScheduler'(count, interval, polled) {
    const { asyncScheduler } = await import('rxjs');
    await followAll({ scheduler: asyncScheduler }, count, interval, polled);
  },
};

const heap = async () => {
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc();
    await pause(20);
  }
  return process.memoryUsage().heapUsed;
};

async function measure() {
  let polls = 0;
  const interval = 1000;
  await Promise.all([import('rxjs'), import('@whisul-rx/core')]); // code is not what a job costs
  const before = await heap();
  await contenders[contender](Number(jobs), interval, () => (polls += 1));
  // Long enough for the compiler to be done with it: a client that polls runs for hours.
  await pause(Math.max(2500, 10_000_000 / Number(jobs)));
  const after = await heap();
  polls = 0;
  const cpu = process.cpuUsage();
  await pause(Number(seconds) * 1000);
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ cpu: (user + system) / polls, heap: (after - before) / Number(jobs), polls }));
  process.exit(0);
}

function run(name, count, time) {
  return runContender(fileURLToPath(import.meta.url), [name, count, time], ['--expose-gc']);
}

/** What whisul-rx must not exceed, with this many jobs. */
const limits = { jobs: 10_000, cpu: 2.5, heap: 8 };

if (contender in contenders) await measure();
else {
  const quick = process.argv.includes('--quick');
  const repeats = quick ? 1 : 5;
  for (const count of quick ? [10_000] : [1_000, 10_000, 50_000]) {
    const results = new Map(Object.keys(contenders).map((name) => [name, []]));
    for (let i = 0; i < repeats; i += 1) for (const [name, rows] of results) rows.push(run(name, count, quick ? 4 : 5));
    const base = median(results.get('plain async loop').map((row) => row.cpu));
    const figures = [...results].map(([name, rows]) => ({
      name,
      cpu: median(rows.map((row) => row.cpu)),
      heap: median(rows.map((row) => row.heap)) / 1024,
    }));
    const ours = figures.find(({ name }) => name.startsWith('whisul'));
    report({
      title: `The engine alone, ${count} jobs`,
      note: 'A transport in the process answers at once.',
      columns: ['engine', 'CPU a poll', 'of the loop', 'heap a job'],
      rows: figures.map(({ name, cpu, heap }) => [
        name,
        `${cpu.toFixed(2)} us`,
        `${(cpu / base).toFixed(2)} x`,
        `${heap.toFixed(2)} KB`,
      ]),
      bars: { label: 'CPU a poll, us', values: figures.map(({ name, cpu }) => [name, cpu]) },
      targets:
        count === limits.jobs
          ? [
              { what: 'a poll, of a plain loop', measured: ours.cpu / base, most: limits.cpu, unit: 'x' },
              { what: 'heap a followed job', measured: ours.heap, most: limits.heap, unit: 'KB' },
            ]
          : [],
    });
  }
}
