import { toIsoTimestamp } from './timestamp.js';

/** `183`, `"183"`, `"2:47"` and `"1:02:47"` as seconds; anything else is handed on, to be refused. */
export function toSeconds(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d+(:[0-5]?\d){0,2}(\.\d+)?$/.test(value.trim())) return value;
  return value.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

/** Whether a file can be fetched from there: `javascript:` and `file:` are no songs. */
export function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** Sets a field, or takes it out: only where it is in, since objects that lost a field are slow ever after. */
function put(job: Record<string, unknown>, field: string, value: unknown): void {
  if (value !== undefined) job[field] = value;
  else if (field in job) Reflect.deleteProperty(job, field);
}

/** Brings an answer of the API, or a job that was read before, into the shape that the schemas describe. */
export function normalizeJob(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const job: Record<string, unknown> = { ...value };
  const { status, prompt, result, error, started_at, finished_at, reported_status } = job;
  if (typeof status !== 'string') return job; // and not the value, which may have inherited one
  const finished = status === 'completed' || status === 'failed';
  const reported = finished ? undefined : status === 'running' ? reported_status : status;
  job['status'] = finished ? status : 'running';
  // A song that is paid for is not held back because the answer forgot to repeat its prompt.
  if (typeof prompt !== 'string') job['prompt'] = '';
  if (status !== 'completed') job['result'] = null;
  else if (typeof result === 'object' && result !== null && 'duration' in result) {
    job['result'] = { ...result, duration: toSeconds(result.duration) };
  }
  job['error'] =
    status !== 'failed' ? null : typeof error === 'string' && error !== '' ? error : 'Whisul gave no reason.';
  put(job, 'started_at', toIsoTimestamp(started_at));
  put(job, 'finished_at', finished ? toIsoTimestamp(finished_at) : undefined);
  put(job, 'reported_status', typeof reported === 'string' ? reported : undefined);
  return job;
}
