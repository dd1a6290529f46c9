import { type BullmqEngine, type BullmqEngineOptions, createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { randomUUID } from 'node:crypto';
import { onTestFinished as whenTestFinishes } from 'vitest';
import type { Cleanup } from './start-member.js';

/** Several engines in this process, each with a client and connections of its own, in front of one emulator. */
export interface LocalCluster {
  readonly emulator: Emulator;
  /** The most requests that were open for one job at a time. */
  readonly mostOpen: () => number;
  readonly posts: () => number;
  /** Finishes every job that was started. */
  finishJobs(): void;
  /** Starts jobs past the cluster. */
  startJobs(count: number): Promise<string[]>;
  /** An engine that is closed with its test. */
  engine(options?: Partial<BullmqEngineOptions>): BullmqEngine;
}

/** Sets up a cluster for one test; tests that run at the same time give their own `onTestFinished`. */
export function localCluster(connection: string, onTestFinished: Cleanup = whenTestFinishes): LocalCluster {
  const duration = 600_000;
  let late = 0;
  const emulator = createEmulator({ jobDuration: duration, now: () => Date.now() + late });
  onTestFinished(() => {
    emulator.close();
    return Promise.resolve();
  });
  const account = randomUUID();
  const open = new Map<string, number>();
  let mostOpen = 0;
  const client = () =>
    createWhisul({
      apiKey: 'any',
      baseUrl: 'http://emulator.local/api',
      async fetch(input, init) {
        const { url } = new Request(input, init);
        const count = (open.get(url) ?? 0) + 1;
        open.set(url, count);
        if (init?.method !== 'POST') mostOpen = Math.max(mostOpen, count);
        try {
          return await emulator.fetch(input, init);
        } finally {
          open.set(url, (open.get(url) ?? 0) - 1);
        }
      },
    });
  return {
    emulator,
    mostOpen: () => mostOpen,
    posts: () => emulator.requests.filter(({ method }) => method === 'POST').length,
    finishJobs() {
      late += duration;
    },
    async startJobs(count) {
      const whisul = client();
      const jobs = Array.from({ length: count }, (_, index) => whisul.submit(`song number ${index}`));
      const ids = (await Promise.all(jobs)).map(({ job_id }) => job_id);
      whisul.close();
      return ids;
    },
    engine(options = {}) {
      const whisul = client();
      const engine = createBullmqEngine({ whisul, connection, account, schedule: fixedSchedule(20), ...options });
      onTestFinished(async () => {
        await engine.close();
        whisul.close();
      });
      return engine;
    },
  };
}
