import { isObservable } from 'rxjs';
import { badOption } from './option.js';

/**
 * Checks the argument `source$`, an Observable.
 *
 * @throws WhisulError `invalid_request` that names the argument
 * @example
 * ```ts
 * import { statesOption } from '@whisul-rx/core/adapter';
 * import { NEVER } from 'rxjs';
 *
 * statesOption(NEVER);
 * ```
 */
export function statesOption(source$: unknown): void {
  if (!isObservable(source$)) throw badOption('source$', 'an Observable of job states, such as whisul.job$(id)');
}
