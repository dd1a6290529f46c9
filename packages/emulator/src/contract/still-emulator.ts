import { createEmulator } from '../create-emulator.js';

/** An emulator whose clock stands still, and how to end its jobs. */
export function createStillEmulator() {
  const duration = 60_000;
  let time = Date.now();
  const emulator = createEmulator({ jobDuration: duration, now: () => time });
  return {
    emulator,
    startJob: async (prompt = 'a song for the contract'): Promise<string> => {
      const before = emulator.jobs.size;
      await emulator.fetch('http://emulator.local/api/generate', {
        method: 'POST',
        headers: { authorization: 'Bearer contract', 'content-type': 'application/json' },
        body: JSON.stringify({ prompt }),
      });
      const [job] = [...emulator.jobs.values()].slice(before);
      if (job === undefined) throw new Error('The emulator did not start a job for the suite.');
      return job.job_id;
    },
    finishJobs: () => {
      time += duration;
    },
  };
}
