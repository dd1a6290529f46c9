import type { JobState, Song } from '@whisul-rx/core';
import { isObject } from './problem-error.js';
import { toIsoTimestamp } from './timestamp.js';

const isText = (value: unknown): value is string => typeof value === 'string';

const isNumber = (value: unknown): value is number => Number.isFinite(value);

function isWebUrl(value: unknown): value is string {
  return isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** `183`, `"183"`, `"2:47"` and `"1:02:47"` as seconds; anything else is handed on for the check to refuse. */
function toSeconds(value: unknown): unknown {
  if (!isText(value) || !/^\d+(:[0-5]?\d){0,2}(\.\d+)?$/.test(value.trim())) return value;
  return value.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

function readSong(value: unknown): Song | undefined {
  if (!isObject(value)) return undefined;
  const { title, bpm, duration, song_url, image_url, tags, ...more } = value;
  const seconds = toSeconds(duration);
  if (!isText(title) || !isText(tags) || !isWebUrl(song_url) || !isWebUrl(image_url)) return undefined;
  if (!isNumber(bpm) || !isNumber(seconds) || seconds < 0) return undefined;
  return { title, bpm, duration: seconds, song_url, image_url, tags, ...more };
}

/**
 * A state as core's `jobStateSchema` reads it; `undefined` for what that refuses (a test holds the two together).
 * The schema itself, with zod, would be 7.9 of the 9 KB that this client may take in a browser's bundle.
 */
export function readState(raw: Record<string, unknown>): JobState | undefined {
  const { job_id, status, prompt, result, error, started_at, finished_at, reported_status, ...more } = raw;
  if (!isText(job_id) || job_id === '' || !isText(status)) return undefined;
  const { poll_url, submitted_at } = more;
  if (status === 'submitted' && isText(prompt) && isText(poll_url) && isText(submitted_at)) {
    return { status, job_id, prompt, poll_url, submitted_at, ...raw };
  }
  const time = (name: string, value: unknown): Record<string, string> => {
    const moment = toIsoTimestamp(value);
    return moment === undefined ? {} : { [name]: moment };
  };
  const common = { job_id, prompt: isText(prompt) ? prompt : '', ...time('started_at', started_at) };
  switch (status) {
    case 'completed': {
      const song = readSong(result);
      if (song === undefined) return undefined;
      return { status, ...common, result: song, error: null, ...time('finished_at', finished_at), ...more };
    }
    case 'failed': {
      const reason = isText(error) && error !== '' ? error : 'Whisul gave no reason.';
      return { status, ...common, result: null, error: reason, ...time('finished_at', finished_at), ...more };
    }
    default: {
      const reported = status === 'running' ? reported_status : status;
      const seen = isText(reported) ? { reported_status: reported } : {};
      return { status: 'running', ...common, result: null, error: null, ...seen, ...more };
    }
  }
}
