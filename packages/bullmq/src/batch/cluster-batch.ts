import { batch$, type BatchEvent, type BatchInput, type BatchOptions, type JobEngine } from '@whisul-rx/core';
import { badOption, parsePrompt } from '@whisul-rx/core/adapter';
import { catchError, concat, defer, from, ignoreElements, type Observable, throwError } from 'rxjs';
import { type Cluster, closedError } from '../cluster/cluster.js';
import { engineError } from '../cluster/engine-error.js';
import { generate$, type GenerateContext } from '../submits/generate.js';
import { outcomesOf } from '../submits/submit-record.js';
import { ClusterJournal, entriesOf } from './cluster-journal.js';

/** How a batch of the cluster runs. */
export interface ClusterBatchOptions extends BatchOptions {
  /**
   * Makes the batch durable: any process of the cluster that runs it again under this name, also at the same time, goes
   * on with what is there. Takes the place of `journal`. A finished batch is forgotten after `keepFinished`.
   */
  name?: string | undefined;
}

/** When which batches were finished, by their spaces. */
const finishedSpace = 'finished-batches';

/** Runs a batch under its name. */
export function namedBatch$(
  cluster: Cluster,
  context: GenerateContext,
  requests: BatchInput,
  { name, ...options }: ClusterBatchOptions & { name: string },
  keepFinished: number,
): Observable<BatchEvent> {
  // The types promise a text; a caller in JavaScript does not, and another batch must not be found under the name.
  if (typeof name !== 'string' || name === '') return throwError(() => badOption('name', 'a string that is not empty'));
  if (options.journal !== undefined) return throwError(() => badOption('journal', 'left out: `name` takes its place'));
  const journal = new ClusterJournal(cluster, context.desk, name, keepFinished);
  const engine: JobEngine = {
    job$: (job) => context.following.follow$(job),
    generate$: (request) => generate$(context, request, journal.claim(parsePrompt(request))),
  };
  const settings = { ...options, journal };
  // A batch of nothing ends at once, or says which option is wrong, before the server is asked for anything.
  const checked$ = batch$(engine, [], settings);
  const run$ = batch$(engine, requests, settings);
  const begun$ = work$(cluster, () => begin(cluster, journal.space));
  const finished$ = work$(cluster, () => finish(cluster, journal.space, keepFinished));
  return concat(checked$, begun$, run$, finished$);
}

/** What the batch writes about itself. The words of a driver are no error that a user can read. */
function work$(cluster: Cluster, work: () => Promise<void>): Observable<never> {
  return defer(() => (cluster.isClosed() ? throwError(closedError) : from(work()))).pipe(
    ignoreElements(),
    catchError((error: unknown) => throwError(() => (cluster.isClosed() ? closedError() : engineError(error)))),
  );
}

/** It is not finished any more: nobody must forget it now. */
async function begin(cluster: Cluster, space: string): Promise<void> {
  const { store } = await cluster.links();
  await store.remove(finishedSpace, space);
}

/** Notes that a batch is finished, and forgets those that have been for long enough. */
async function finish(cluster: Cluster, space: string, keepFinished: number): Promise<void> {
  const { store } = await cluster.links();
  const now = Date.now();
  await store.put(finishedSpace, space, String(now));
  for await (const [old, at] of store.entries(finishedSpace)) {
    if (now - Number(at) < keepFinished * 1_000) continue;
    await store.drop(entriesOf(old));
    await store.drop(outcomesOf(old));
    await store.remove(finishedSpace, old);
  }
}
