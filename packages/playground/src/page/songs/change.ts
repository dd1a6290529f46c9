import type { BatchProgress, JobState } from '@whisul-rx/core';
import type { Track } from './track.js';

/** A prompt and the name of its track. */
export interface Order {
  readonly key: string;
  readonly prompt: string;
}

/** News of one track. */
type TrackNews =
  | { readonly type: 'state'; readonly key: string; readonly job: JobState }
  | { readonly type: 'problem'; readonly key: string; readonly problem: string }
  /** Its job had ended, and the server has forgotten it. */
  | { readonly type: 'forgotten'; readonly key: string };

/** Something that happens to the tracks of the page. */
export type Change =
  | { readonly type: 'ordered'; readonly orders: readonly Order[] }
  | { readonly type: 'restored'; readonly tracks: readonly Track[] }
  | { readonly type: 'sending'; readonly key: string }
  | TrackNews
  /** News of a job that was asked for again: it counts while the track has no newer job. */
  | { readonly type: 'followed'; readonly jobId: string; readonly news: TrackNews }
  | { readonly type: 'removed'; readonly keys: readonly string[] }
  /** How far a batch is, named after its first order; `null` when it is over. */
  | { readonly type: 'progress'; readonly batch: string; readonly progress: BatchProgress | null };
