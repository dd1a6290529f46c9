import type { CompletedJob, FailedJob, RunningJob, SubmittedJob } from '@whisul-rx/core';

export const submitted: SubmittedJob = {
  status: 'submitted',
  job_id: 'j1',
  prompt: 'a waltz',
  poll_url: '/jobs/j1',
  submitted_at: '2026-01-01T00:00:00Z',
};
export const running: RunningJob = { status: 'running', job_id: 'j1', prompt: 'a waltz', result: null, error: null };
export const completed: CompletedJob = {
  status: 'completed',
  job_id: 'j1',
  prompt: 'a waltz',
  result: {
    title: 'Waltz',
    bpm: 90,
    duration: 183,
    song_url: 'https://whisul.com/s/j1.wav',
    image_url: 'https://whisul.com/s/j1.png',
    tags: 'waltz',
  },
  error: null,
};
export const failed: FailedJob = { status: 'failed', job_id: 'j1', prompt: 'a waltz', result: null, error: 'No.' };
