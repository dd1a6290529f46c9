import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type JournalEntry, WhisulError } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';
import type { CommandContext } from '../session/command-context.js';
import { cleanText } from '../view/clean-text.js';
import { drawTable } from '../view/draw-table.js';
import { jsonLine } from '../view/json-line.js';

/** The options of `journal`. */
export interface JournalCommandOptions {
  readonly unknown?: boolean;
}

/** `whisul-rx journal`: what a journal holds. It changes nothing. */
export async function journal(
  folder: string,
  { unknown = false }: JournalCommandOptions,
  context: CommandContext,
): Promise<number> {
  const { terminal, json, interruption } = context;
  // Opening a journal that is not there would make one.
  await access(join(folder, 'CURRENT')).catch((cause: unknown) => {
    throw new WhisulError('journal', `There is no journal in ${folder}.`, { cause });
  });
  const opened = await openJournal(folder);
  const entries: JournalEntry[] = [];
  const counts = new Map<string, number>();
  try {
    for await (const entry of opened.entries()) {
      if (interruption.signal.aborted) return interruption.exitCode();
      counts.set(entry.state, (counts.get(entry.state) ?? 0) + 1);
      if (unknown && entry.state !== 'submitting') continue;
      if (json) terminal.print(jsonLine(entry));
      else entries.push(entry);
    }
  } finally {
    await opened.close();
  }
  if (json) return 0;
  if (unknown) showUnknown(entries, context);
  else showAll(entries, counts, context);
  return 0;
}

function showUnknown(entries: readonly JournalEntry[], { terminal }: CommandContext): void {
  if (entries.length === 0) {
    terminal.print('No prompt is in doubt.');
    return;
  }
  for (const { prompt } of entries) terminal.print(cleanText(prompt));
  terminal.warn(
    `\nThese prompts (${entries.length}) may have been accepted and charged. Look at your account: if the songs are not there, ` +
      'run the batch with --resubmit-unknown.',
  );
}

function showAll(
  entries: readonly JournalEntry[],
  counts: ReadonlyMap<string, number>,
  { terminal }: CommandContext,
): void {
  if (entries.length === 0) {
    terminal.print('The journal is empty.');
    return;
  }
  const columns = [
    { title: 'state' },
    { title: 'prompt', flexible: true },
    { title: 'song', flexible: true, extra: 1 },
    { title: 'try', right: true, extra: 3 },
    { title: 'when', extra: 2 },
    { title: 'job', extra: 4 },
  ];
  const rows = entries.map(({ state, prompt, job, attempt, at }) => [
    state,
    cleanText(prompt),
    cleanText(job?.status === 'completed' ? job.result.title : job?.status === 'failed' ? job.error : ''),
    String(attempt),
    new Date(at).toISOString().slice(0, 16).replace('T', ' '),
    cleanText(job?.job_id ?? ''),
  ]);
  const [head = '', ...body] = drawTable(columns, rows, terminal.columns() - 1);
  terminal.print(terminal.paint.bold(head));
  for (const line of body) terminal.print(line);
  terminal.print(
    `\n${entries.length} prompts: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}.`,
  );
}
