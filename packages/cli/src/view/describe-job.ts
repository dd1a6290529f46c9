import type { JobState, WhisulError } from '@whisul-rx/core';
import { cleanText } from './clean-text.js';
import { formatClock, formatTime } from './format-time.js';
import type { Terminal } from './open-terminal.js';
import { wrapWords } from './wrap-words.js';

export const statusColours = {
  submitted: 'cyan',
  running: 'yellow',
  completed: 'green',
  failed: 'red',
  problem: 'red',
  saved: 'green',
  unsaved: 'red',
} as const;

/** A job in a few words, for a line of its own. */
export function describeState(job: JobState): string {
  switch (job.status) {
    case 'completed': {
      const { title, bpm, duration } = job.result;
      return `"${cleanText(title)}", ${bpm} bpm, ${formatClock(duration)}`;
    }
    case 'failed':
      return cleanText(job.error);
    case 'running':
      return cleanText(job.reported_status === undefined ? job.prompt : `${job.reported_status}: ${job.prompt}`);
    case 'submitted':
      return cleanText(job.prompt);
    default:
      return job satisfies never;
  }
}

export function describeError({ code, message }: WhisulError): string {
  return `${code}: ${cleanText(message)}`;
}

/** How long Whisul worked on a job, if it said so. */
function makingTime({ started_at = '', finished_at = '' }: { started_at?: string; finished_at?: string }): string {
  const ms = Date.parse(finished_at) - Date.parse(started_at);
  return ms >= 0 ? `, made in ${formatTime(ms)}` : '';
}

/** A job with all that is known of it, as lines. URLs stay whole, so that they can be clicked and copied. */
export function jobDetails(job: JobState, { paint, columns }: Pick<Terminal, 'paint' | 'columns'>): string[] {
  const field = (name: string, value: string): string[] =>
    value === '' ? [] : [`  ${paint.dim(name.padEnd(7))} ${value}`];
  const id = field('job', cleanText(job.job_id));
  const wrapped = (name: string, value: string): string[] =>
    wrapWords(cleanText(value), Math.max(8, columns() - 12)).flatMap((line, index) =>
      field(index === 0 ? name : '', line),
    );
  const prompt = wrapped('prompt', job.prompt);
  switch (job.status) {
    case 'completed': {
      const { title, bpm, duration, tags, song_url, image_url } = job.result;
      const facts = `${bpm} bpm, ${formatClock(duration)}${makingTime(job)}`;
      return [
        `${paint.green('✔')} ${paint.bold(cleanText(title))}  ${paint.dim(facts)}`,
        ...wrapped('tags', tags),
        ...prompt,
        ...field('song', cleanText(song_url)),
        ...field('cover', cleanText(image_url)),
        ...id,
      ];
    }
    case 'failed':
      return [`${paint.red('✖')} ${paint.bold('No song was made')}`, ...wrapped('reason', job.error), ...prompt, ...id];
    case 'running': {
      const since = job.started_at === undefined ? '' : `, started at ${cleanText(job.started_at)}`;
      return [
        `${paint.yellow('●')} ${paint.bold(cleanText(job.reported_status ?? 'running'))}${since}`,
        ...prompt,
        ...id,
      ];
    }
    case 'submitted':
      return [`${paint.cyan('●')} ${paint.bold('submitted')}`, ...prompt, ...id];
    default:
      return job satisfies never;
  }
}
