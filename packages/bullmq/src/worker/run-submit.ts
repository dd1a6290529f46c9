import { isWhisulError, type JobState } from '@whisul-rx/core';
import { isNotSent } from '@whisul-rx/core/adapter';
import { DelayedError } from 'bullmq';
import { filter, firstValueFrom, switchMap, takeUntil, timer } from 'rxjs';
import { engineError } from '../cluster/engine-error.js';
import { patiently } from '../cluster/patiently.js';
import { toStored } from '../cluster/stored-text.js';
import { openPollRecord } from '../jobs/open-poll-record.js';
import { outcomesOf, readSubmitData, type SubmitData, type SubmitOutcome } from '../submits/submit-record.js';
import { gapOf, handBackDelay, type Holding, lockDuration, type WorkerContext } from './worker-context.js';

/** How often a worker that closes looks whether a POST waits to be sent again, in ms. */
const withdrawGap = 100;

/** Sends the POST of one submit, unless a worker before this one may have sent it. */
export function runSubmit(context: WorkerContext, holding: Holding): Promise<SubmitOutcome> {
  return new SubmitTurn(context, holding).run();
}

class SubmitTurn {
  readonly #context: WorkerContext;
  readonly #holding: Holding;
  readonly #data: SubmitData;

  constructor(context: WorkerContext, holding: Holding) {
    this.#context = context;
    this.#holding = holding;
    this.#data = readSubmitData(holding.record);
  }

  async run(): Promise<SubmitOutcome> {
    const { state, receipt } = this.#data;
    if (receipt !== undefined) return this.#accept(receipt);
    if (state === 'submitting') return this.#keep(this.#doubt());
    await this.#write({ state: 'submitting', at: Date.now() });
    // A server that loses the record alone must not make a batch that is run again pay for the prompt again.
    await this.#keep(this.#doubt());
    // Where another worker has taken the record over meanwhile, that one reports the doubt.
    const { record, token } = this.#holding;
    const isHeld = await patiently(() => record.extendLock(token, lockDuration));
    if (!isHeld) throw new Error('Another worker has taken this submit over.');
    return this.#post();
  }

  async #post(): Promise<SubmitOutcome> {
    const { whisul } = this.#context.settings;
    const states$ = whisul.generate$(this.#data.prompt);
    // A POST that has left is waited for; its answer is written down, also when another process has the record by then.
    const withdrawn$ = this.#context.closing$.pipe(
      switchMap(() => timer(0, withdrawGap)),
      filter(() => isNotSent(states$)),
    );
    const receipt = await firstValueFrom(states$.pipe(takeUntil(withdrawn$)), { defaultValue: undefined }).catch(
      (error: unknown) => {
        if (isWhisulError(error) && error.jobId !== undefined && error.lastState !== undefined) return error.lastState;
        return isWhisulError(error, 'closed') ? undefined : engineError(error, { prompt: this.#data.prompt });
      },
    );
    if (receipt === undefined) return this.#handBack();
    if (!isWhisulError(receipt)) {
      // Where the server has lost the record meanwhile, the job is paid for all the same.
      await this.#write({ state: 'submitted', receipt }).catch(() => undefined);
      return this.#accept(receipt);
    }
    return this.#keep({
      error: receipt.toJSON(),
      refused: receipt.code !== 'submit_unknown' && receipt.code !== 'engine',
    });
  }

  /** The job is paid for: its polling begins one step of the schedule later. */
  async #accept(receipt: JobState): Promise<SubmitOutcome> {
    const outcome = await this.#keep({ receipt });
    const poll_url = receipt.status === 'submitted' ? receipt.poll_url : undefined;
    const delay = gapOf(this.#context, 0, 0);
    await openPollRecord(this.#context.cluster, receipt.job_id, poll_url, { receipt, delay });
    return outcome;
  }

  /** Of a named batch, outcomes are kept for as long as the batch is known. */
  async #keep(outcome: SubmitOutcome): Promise<SubmitOutcome> {
    const { space } = this.#data;
    const { store } = await this.#context.cluster.links();
    if (space !== undefined) await store.put(outcomesOf(space), this.#holding.record.id ?? '', JSON.stringify(outcome));
    return outcome;
  }

  /** Provably nothing was sent. */
  async #handBack(): Promise<never> {
    const { record, token } = this.#holding;
    await this.#write({ state: 'pending', at: undefined });
    await this.#forget();
    await record.moveToDelayed(Date.now() + handBackDelay, token);
    throw new DelayedError();
  }

  async #forget(): Promise<void> {
    const { space } = this.#data;
    const { store } = await this.#context.cluster.links();
    if (space !== undefined) await store.remove(outcomesOf(space), this.#holding.record.id ?? '');
  }

  #doubt(): SubmitOutcome {
    const { prompt, at = 0 } = this.#data;
    const message =
      `The prompt "${prompt}" was about to be sent at ${new Date(at).toISOString()} by a process that ended before it ` +
      'wrote down the answer: it may have been accepted and charged (one song). It is not sent again. Look at your account.';
    return { error: { code: 'submit_unknown', message, prompt }, refused: false };
  }

  async #write(change: Partial<SubmitData>): Promise<void> {
    Object.assign(this.#data, change);
    await patiently(() => this.#holding.record.updateData(toStored(this.#data)));
  }
}
