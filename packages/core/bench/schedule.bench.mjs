// What a schedule costs and what it gives: the mean time until a finished job is known of, against the requests a job
// takes. Jobs last log-normally (median 100 s, sigma 0.5) and gaps are within 5 and 10 s. The optimum is exact, by
// dynamic programming; the others are integrated, and the history comes from a client that saw jobs finish.
// Run: node packages/core/bench/schedule.bench.mjs
import { adaptiveSchedule, createWhisul, fixedSchedule } from '@whisul-rx/core';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { report } from '../../../scripts/bench/report.mjs';

const median = 100;
const sigma = 0.5;
const gaps = { min: 5, max: 10 };

// In steps of 0.1 s, long enough for all but one job in ten million.
const step = 0.1;
const steps = Math.round((median * Math.exp(5.2 * sigma)) / step);

/** The standard normal distribution, by its power series. */
function normal(z) {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let term = z;
  let sum = z;
  for (let n = 3; Math.abs(term) > 1e-15; n += 2) sum += term *= (z * z) / n;
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
const finishedBy = Float64Array.from({ length: steps + 1 }, (_, i) =>
  i === 0 ? 0 : normal(Math.log((i * step) / median) / sigma),
);
/** The integral of `finishedBy`. */
const integral = new Float64Array(steps + 1);
for (let i = 1; i <= steps; i += 1) integral[i] = integral[i - 1] + ((finishedBy[i - 1] + finishedBy[i]) / 2) * step;

const at = (table, seconds) => {
  const index = Math.min(steps, seconds / step);
  const below = Math.floor(index);
  return table[below] + ((table[below + 1] ?? table[below]) - table[below]) * (index - below);
};

/** Mean delay (s) and mean requests a job, for a function from the time since the submit to the next gap, in seconds. */
function judge(gapAt) {
  let delay = 0;
  let requests = 0;
  for (let polls = 0, time = 0; ; polls += 1) {
    const next = time + gapAt(time, polls);
    if (next > steps * step) return { delay, requests };
    requests += 1 - at(finishedBy, time);
    delay += at(integral, next) - at(integral, time) - (next - time) * at(finishedBy, time);
    time = next;
  }
}

/** The best that any schedule can do when a request is worth `price` seconds of delay. */
function optimum(price) {
  const [least, most] = [gaps.min / step, gaps.max / step];
  const cost = new Float64Array(steps + 1);
  const best = new Int32Array(steps + 1).fill(least);
  for (let i = steps - most - 1; i >= 0; i -= 1) {
    cost[i] = Infinity;
    for (let gap = least; gap <= most; gap += 1) {
      const delay = integral[i + gap] - integral[i] - gap * step * finishedBy[i];
      const total = price * (1 - finishedBy[i]) + delay + cost[i + gap];
      if (total >= cost[i]) continue;
      cost[i] = total;
      best[i] = gap;
    }
  }
  return judge((time) => best[Math.min(steps, Math.round(time / step))] * step);
}

const frontier = Array.from({ length: 60 }, (_, i) => optimum(0.05 * 1.1 ** i)).sort((a, b) => a.delay - b.delay);

/** The requests of the best schedule with that delay. */
function fewest(delay) {
  const above = frontier.findIndex((point) => point.delay >= delay);
  if (above <= 0) return frontier.at(above).requests;
  const [left, right] = [frontier[above - 1], frontier[above]];
  return left.requests + ((right.requests - left.requests) * (delay - left.delay)) / (right.delay - left.delay || 1);
}

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const answer = (job) => ({ status: 200, headers: new Headers(), text: async () => JSON.stringify(job) });

/** Shows what a client knows after so many finished jobs, each time: through its API, with times in whole seconds. */
async function learn(counts, seed, visit) {
  const random = seeded(seed);
  const written = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const started = Date.UTC(2026, 1, 17);
  const url = 'https://cdn.whisul.com/1';
  const result = { title: '', bpm: 85, duration: 183, song_url: url, image_url: url, tags: '' };
  const transport = async ({ url }) => {
    if (url.endsWith('/running')) return answer({ status: 'running', prompt: '', result: null, error: null });
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const finished_at = written(started + median * Math.exp(sigma * z) * 1000);
    const job = { status: 'completed', prompt: '', result, error: null, started_at: written(started), finished_at };
    return answer(job);
  };
  let durations;
  const schedule = (state) => ((durations = state.durations), 5_000);
  const whisul = createWhisul({ apiKey: 'key', transport, schedule });
  // A schedule is asked about jobs that run, and sees there what the client knows, also later.
  await firstValueFrom(whisul.job$('running'));
  for (let known = 0; known < counts.at(-1);) {
    const next = counts.find((count) => count > known);
    await Promise.all(Array.from({ length: next - known }, (_, i) => lastValueFrom(whisul.job$(`job-${known + i}`))));
    known = next;
    if (durations.count !== known) throw new Error(`The client knows ${durations.count} durations, not ${known}.`);
    visit(known, durations);
  }
  whisul.close();
}

const nothing = { count: 0, quantile: (p) => gaps.min * p };
const follow = (schedule, durations) => (time, polls) => schedule({ polls, elapsed: time * 1000, durations }) / 1000;

const fixedFive = judge(follow(fixedSchedule(5_000), nothing));
const rows = [5, 7, 8, 10].map((gap) => [`fixed ${gap} s`, judge(follow(fixedSchedule(gap * 1000), nothing))]);

const errors = [1, 0.3, 0.5, 2, 3];
const counts = [10, 50, 200];
const clients = 40;
const schedules = errors.map((error) => adaptiveSchedule({ expected: median * error * 1000 }));
const means = errors.map(() => new Map(counts.map((count) => [count, { delay: 0, requests: 0 }])));
for (let client = 1; client <= clients; client += 1) {
  await learn(counts, client, (count, durations) => {
    schedules.forEach((schedule, i) => {
      const { delay, requests } = judge(follow(schedule, durations));
      const mean = means[i].get(count);
      mean.delay += delay / clients;
      mean.requests += requests / clients;
    });
  });
}
errors.forEach((error, i) => {
  const prior = error === 1 ? 'prior right' : `prior ${error} x`;
  rows.push([`adaptive, ${prior}, cold`, judge(follow(schedules[i], nothing))]);
  for (const [count, mean] of means[i]) rows.push([`adaptive, ${prior}, ${count} jobs seen`, mean]);
});

const right = rows.find(([name]) => name === 'adaptive, prior right, cold')[1];
report({
  title: 'Schedules',
  note: 'How late a song is noticed, and what it costs in requests. The optimum knows how long songs take.',
  columns: ['schedule', 'mean delay', 'requests a job', 'of the optimum', 'of fixed 5 s', 'delay over fixed 5 s'],
  rows: rows.map(([name, { delay, requests }]) => [
    name,
    `${delay.toFixed(2)} s`,
    requests.toFixed(2),
    `${(requests / fewest(delay)).toFixed(3)} x`,
    `${(requests / fixedFive.requests).toFixed(2)} x`,
    `+${(delay - fixedFive.delay).toFixed(2)} s`,
  ]),
  bars: { label: 'requests a job', values: rows.map(([name, { requests }]) => [name, requests]) },
  targets: [
    {
      what: 'adaptive, requests of the optimum',
      measured: right.requests / fewest(right.delay),
      most: 1.06,
      unit: 'x',
    },
    { what: 'adaptive, requests of fixed 5 s', measured: right.requests / fixedFive.requests, most: 0.8, unit: 'x' },
    { what: 'adaptive, delay over fixed 5 s', measured: right.delay - fixedFive.delay, most: 0.35, unit: 's' },
  ],
});
