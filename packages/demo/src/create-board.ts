import { styleText } from 'node:util';
import type { JobState } from '@whisul-rx/core';
import logUpdate from 'log-update';
import { interval } from 'rxjs';

/** What the demo shows of its jobs. */
interface Board {
  /** Prints a transition as a line that stays. */
  show(index: number, state: JobState): void;
  /** Prints a sentence that stays. */
  say(sentence: string): void;
  /** Takes the live lines away; nothing is left running. */
  close(): void;
}

const colours = { submitted: 'cyan', running: 'yellow', completed: 'green', failed: 'red' } as const;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

function describe(state: JobState, prompt: string): string {
  if (state.status === 'failed') return state.error;
  if (state.status !== 'completed') return prompt;
  const { title, bpm, duration } = state.result;
  return `"${title}", ${bpm} bpm, ${duration} s`;
}

/** A log of every job's transitions; on a terminal, each unfinished job also has a live line below it. */
export function createBoard(prompts: readonly string[]): Board {
  const live = process.stdout.isTTY;
  const started = performance.now();
  const states = new Map<number, JobState>();
  const paint: typeof styleText = live && !process.env['NO_COLOR'] ? styleText : (_, text) => text;

  const line = (mark: string, index: number, status: JobState['status'], text: string) => {
    const seconds = `${((performance.now() - started) / 1_000).toFixed(1)} s`.padStart(7);
    return `${mark} ${paint('dim', seconds)}  ${index + 1}  ${paint(colours[status], status.padEnd(9))}  ${text}`;
  };
  const redraw = (tick: number) => {
    const mark = paint('dim', spinner[tick % spinner.length] ?? '');
    const unfinished = [...states].filter(([, { status }]) => status === 'submitted' || status === 'running');
    const lines = unfinished.map(([index, { status }]) => line(mark, index, status, prompts[index] ?? ''));
    logUpdate(['', ...lines].join('\n'));
  };
  const clock = live ? interval(100).subscribe(redraw) : undefined;

  const say = (text: string) => {
    if (live) logUpdate.clear();
    console.log(text);
  };

  return {
    show(index, state) {
      states.set(index, state);
      say(line(' ', index, state.status, describe(state, prompts[index] ?? '')));
    },
    say,
    close() {
      if (!clock || clock.closed) return;
      clock.unsubscribe();
      logUpdate.clear();
      logUpdate.done();
    },
  };
}
