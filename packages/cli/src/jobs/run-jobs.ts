import { type BatchEvent, type ClientEvent, isWhisulError, WhisulError, type WhisulErrorCode } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import type { Api } from '../session/open-api.js';
import type { Interruption } from '../session/interruption.js';
import { createJsonView } from '../view/json-view.js';
import { createLineView } from '../view/line-view.js';
import { createLiveView } from '../view/live-view.js';
import type { Terminal } from '../view/open-terminal.js';
import type { View } from '../view/view.js';
import { Board } from './board.js';
import { howToGoOn } from './how-to-go-on.js';
import { isDiskFailure, saveSongs } from './save-songs.js';
import { jsonLine } from '../view/json-line.js';

/** What a command has for its jobs. */
export interface RunSetup {
  readonly api: Api;
  readonly process: NodeJS.Process;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly total: number;
  readonly label: (index: number) => string;
  readonly out: string | undefined;
  readonly batch?: boolean;
  readonly eta?: () => number | null;
  /** What it says when the user wants to stop. */
  readonly stopping: string;
  /** Whether the command itself goes on where it was. */
  readonly again?: boolean;
}

/** How the jobs of a command ended. */
export interface RunOutcome {
  readonly board: Board;
  /** What ended it before all had ended, if that was not the user. */
  readonly fatal: unknown;
  /** The user, or the reader of the output, wants no more. */
  readonly interrupted: boolean;
}

const waits: Partial<Record<WhisulErrorCode, string>> = {
  network: 'cannot be reached.',
  request_timeout: 'does not answer.',
  server_error: 'is in trouble.',
  rate_limited: 'asks for fewer requests.',
  invalid_response: 'gives answers that cannot be read.',
};

/**
 * Runs jobs to their end, shows them, and saves their songs. The first interruption aborts `signal`, and this waits for
 * the stream to end; the second one leaves at once. A disk that takes no more songs stops it in the same way.
 */
export function runJobs(jobs$: (signal: AbortSignal) => Observable<BatchEvent>, setup: RunSetup): Promise<RunOutcome> {
  const { api, terminal, interruption, out } = setup;
  const now = (): number => performance.now();
  const board = new Board(now);
  const view = createView(setup, board, now);
  if (setup.batch !== true) board.expect(Array.from({ length: setup.total }, (_, index) => setup.label(index)));
  const stop = new AbortController();
  let diskFailure: WhisulError | undefined;

  return new Promise((resolve) => {
    const events = api.whisul.events$.subscribe((event) => {
      if (setup.verbose) terminal.warn(terminal.paint.dim(jsonLine(event)));
      showWait(view, event, api.name, now());
    });
    const end = (error?: unknown): void => {
      events.unsubscribe();
      view.end();
      interruption.signal.removeEventListener('abort', onInterrupt);
      const stopped = stop.signal.aborted && (error === undefined || isWhisulError(error, 'aborted'));
      resolve({
        board,
        fatal: stopped ? diskFailure && cannotSave(diskFailure) : error,
        interrupted: interruption.signal.aborted,
      });
    };
    const onInterrupt = (): void => {
      // A reader that is gone wants no words either.
      if (interruption.exitCode() !== 0) view.note(setup.stopping);
      stop.abort();
    };
    if (interruption.signal.aborted) stop.abort();
    else interruption.signal.addEventListener('abort', onInterrupt);
    const subscription = jobs$(stop.signal)
      .pipe(saveSongs(out, stop.signal, api.fetch && { fetch: api.fetch }))
      .subscribe({
        next: (happening) => {
          // What the user, or the limit that the user set, kept from being sent has no problem; scripts see the event.
          const code = happening.type === 'problem' ? happening.error.code : undefined;
          const unsent = code === 'submit_limit' || (code === 'aborted' && stop.signal.aborted);
          if (!unsent) view.show(happening, board.apply(happening));
          else if (setup.json) terminal.print(jsonLine(happening));
          if (happening.type !== 'unsaved' || !isDiskFailure(happening.error)) return;
          diskFailure ??= happening.error;
          stop.abort();
        },
        error: end,
        complete: end,
      });
    interruption.onSecond(() => {
      subscription.unsubscribe();
      view.end();
      const resumption = { emulated: api.emulated, out, again: setup.again === true };
      for (const line of howToGoOn(board, setup, resumption)) terminal.warn(line);
    });
  });
}

function createView(setup: RunSetup, board: Board, now: () => number): View {
  const { terminal, json, total, label, batch = false, eta, api } = setup;
  if (json) return createJsonView(terminal);
  const shown = { board, now, total, label, batch, expected: api.expected, ...(eta && { eta }) };
  return terminal.live ? createLiveView(terminal, shown) : createLineView(terminal, shown);
}

function showWait(view: View, event: ClientEvent, name: string, now: number): void {
  if (event.type === 'retry') {
    const text = `The API (${name}) ${waits[event.code] ?? 'gives no good answer.'}`;
    view.wait({ text, until: now + event.wait });
  } else if (event.type === 'paused') {
    view.wait({ text: `The API (${name}) asks for a pause.`, until: now + Math.max(0, event.until - event.at) });
  } else if (event.type === 'response' && event.status < 400) view.wait(undefined);
}

function cannotSave({ cause }: WhisulError): WhisulError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Songs cannot be saved (${reason}), so no more are started. Fix this first. Then save what is missing: it costs nothing.`;
  return new WhisulError('invalid_request', message, { cause });
}
