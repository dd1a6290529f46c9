import { appendFile, readFile } from 'node:fs/promises';

/** Which session has ordered which jobs. */
export interface JobOwners {
  /** Those of the ids that the session has ordered. */
  owned(session: string, jobIds: readonly string[]): string[];
  /** Resolves when it is on disk, if there is a file. */
  add(session: string, jobId: string): Promise<void>;
}

/** Remembers owners in memory; with a file (one line a job, only ever appended to) also over restarts. */
export async function createJobOwners(file?: string): Promise<JobOwners> {
  const jobsOf = new Map<string, Set<string>>();
  const note = (session: string, jobId: string): void => {
    const jobs = jobsOf.get(session) ?? new Set();
    jobsOf.set(session, jobs.add(jobId));
  };
  const lines = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '');
  for (const line of lines.split('\n')) {
    const [session, jobId] = line.split(' ');
    if (session && jobId) note(session, decodeURIComponent(jobId));
  }
  return {
    owned: (session, jobIds) => jobIds.filter((id) => jobsOf.get(session)?.has(id)),
    async add(session, jobId) {
      note(session, jobId);
      if (file !== undefined) await appendFile(file, `${session} ${encodeURIComponent(jobId)}\n`, { mode: 0o600 });
    },
  };
}
