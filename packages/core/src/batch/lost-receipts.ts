import { throwError } from 'rxjs';
import { WhisulError } from '../model/whisul-error.js';

/**
 * What a journal did not take of POSTs after their run was left. It is thrown at the host, as RxJS does with an error that
 * nobody handles, because such ids are paid for: all at once, since throwing is the end of most processes.
 */
export class LostReceipts {
  #lost: WhisulError[] = [];

  get isEmpty(): boolean {
    return this.#lost.length === 0;
  }

  add(lost: WhisulError): void {
    this.#lost.push(lost);
  }

  report(): void {
    const lost = this.#lost;
    this.#lost = [];
    const message = lost.map((each) => each.message).join(' ');
    const error =
      lost.length === 1 ? lost[0] : new WhisulError('journal', message, { cause: new AggregateError(lost) });
    throwError(() => error).subscribe();
  }
}
