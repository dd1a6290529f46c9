import { defer, filter, finalize, fromEvent, map, merge, type Observable, take } from 'rxjs';
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
    // The second click of a double click was meant for what the dialog has covered.
    const yes$ = fromEvent<MouseEvent>(yes, 'click').pipe(filter(({ detail }) => detail < 2));
    return merge(yes$.pipe(map(() => true)), no$.pipe(map(() => false))).pipe(
      take(1),
      finalize(() => dialog.close()),
    );
  });
}
