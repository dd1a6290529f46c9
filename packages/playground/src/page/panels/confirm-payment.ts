import { defer, finalize, fromEvent, map, merge, type Observable, take } from 'rxjs';
import { byId } from '../dom/by-id.js';

/** Asks whether to pay for so many songs. Emits the answer; to close the dialog is a no. */
export function confirmPayment$(songs: number): Observable<boolean> {
  return defer(() => {
    const dialog = byId('pay', HTMLDialogElement);
    const yes = byId('pay-yes', HTMLButtonElement);
    const many = songs === 1 ? '1 song' : `${songs} songs`;
    byId('pay-text', HTMLElement).textContent =
      `This orders ${many} from Whisul with the key of the server. Each song costs money, also if it fails or if you close this page.`;
    yes.textContent = `Order ${many}`;
    dialog.showModal();
    const no$ = merge(fromEvent(byId('pay-no', HTMLButtonElement), 'click'), fromEvent(dialog, 'close'));
    return merge(fromEvent(yes, 'click').pipe(map(() => true)), no$.pipe(map(() => false))).pipe(
      take(1),
      finalize(() => dialog.close()),
    );
  });
}
