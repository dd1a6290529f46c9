import { throwError, type Subscription } from 'rxjs';

/**
 * Unsubscribes from a source. What it throws at that is nobody's to handle here: the caller has more to tidy up, and
 * others to serve. So RxJS reports it, as it does any error without a handler: to `config.onUnhandledError`, else by
 * throwing it in a turn of its own.
 */
export function leaveSource(subscription: Subscription): void {
  try {
    subscription.unsubscribe();
  } catch (error) {
    throwError(() => error).subscribe();
  }
}
