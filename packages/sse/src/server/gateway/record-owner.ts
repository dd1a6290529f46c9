import type { JobState, SubmittedJob } from '@whisul-rx/core';
import { firstValueFrom, from, race, timer } from 'rxjs';
import { refuse, type Refusal } from '../../wire/refusal.js';
import type { GatewayRequest } from '../requests/gateway-request.js';
import type { JobsHandlerOptions } from './jobs-handler-options.js';

/** How long `onSubmitted` may take, in ms. */
const patience = 10_000;

/** A job was started, and the server could not record whose it is. */
class UnownedJob extends Error {
  constructor(readonly jobId: string) {
    super(`The job ${jobId} was started, and it could not be recorded whose it is.`);
  }
}

/** Tells the server which job a request became, and waits until it has noted that. */
export async function recordOwner(
  onSubmitted: NonNullable<JobsHandlerOptions['onSubmitted']>,
  request: GatewayRequest,
  state: JobState,
): Promise<void> {
  const noted = async (): Promise<true> => {
    await onSubmitted(request.toRequest(), submittedOf(state));
    return true;
  };
  const isNoted = await firstValueFrom(race(from(noted()), timer(patience))).catch(() => false);
  if (isNoted !== true) throw new UnownedJob(state.job_id);
}

/** What to answer when that failed: the job is paid for, so the answer has its id, and nobody sends the prompt again. */
export function ownerRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof UnownedJob)) return undefined;
  const detail = 'The job was started and charged, but the server could not record whose it is. Do not send it again.';
  return refuse(500, 'submit_unknown', detail, { jobId: error.jobId });
}

/** Engines begin with `submitted`; from one that does not, whose job it is must be recorded all the same. */
function submittedOf(state: JobState): SubmittedJob {
  if (state.status === 'submitted') return state;
  const { job_id, prompt } = state;
  const poll_url = `/jobs/${encodeURIComponent(job_id)}`;
  return { status: 'submitted', job_id, prompt, poll_url, submitted_at: new Date().toISOString() };
}
