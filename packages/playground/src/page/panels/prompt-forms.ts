import { filter, fromEvent, ignoreElements, map, merge, type Observable, startWith, tap } from 'rxjs';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import type { Action } from '../songs/action.js';

const examples = [
  'a relaxing lo-fi hip hop beat',
  'bright synthwave for a night drive',
  'a sea shanty about debugging',
  'a brass band falling down the stairs',
  'slow piano while it rains',
] as const;
const batchExamples = [
  'a relaxing lo-fi hip hop beat',
  'bright synthwave for a night drive',
  'a sea shanty about debugging',
  'a brass band falling down the stairs',
  'slow piano while it rains',
  'techno for a robot wedding',
  'a lullaby for a tired server',
  'bossa nova on a night train',
] as const;

/** The longest prompt that is sent, in characters. */
const longest = 2_000;

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What is wrong with a text of several prompts; the browser shows it and does not submit the form. */
function flawOf(text: string): string {
  const at = text.split('\n').findIndex((line) => line.trim().length > longest);
  return at < 0 ? '' : `Line ${at + 1} is too long. A prompt has ${longest.toLocaleString('en')} characters at most.`;
}

function submits$(form: HTMLFormElement): Observable<Event> {
  return fromEvent(form, 'submit').pipe(tap((event) => event.preventDefault()));
}

/** The box for one song, with examples that fill it. */
export function promptOrders$(): Observable<Action> {
  const form = byId('one', HTMLFormElement);
  const box = byId('prompt', HTMLInputElement);
  const fill = (text: string): void => {
    box.value = text;
    box.focus();
  };
  for (const text of examples) {
    const button = element('button', { type: 'button', class: 'chip' }, text);
    button.addEventListener('click', () => fill(text));
    byId('examples', HTMLElement).append(element('li', {}, button));
  }
  return submits$(form).pipe(
    map(() => lines(box.value)),
    filter((prompts) => prompts.length > 0),
    map((prompts): Action => ({ type: 'order', prompts, atOnce: 1, undo: () => fill(prompts.join(' ')) })),
    tap(() => fill('')),
  );
}

/** The box for many songs, one prompt a line. */
export function batchOrders$(): Observable<Action> {
  const form = byId('many', HTMLFormElement);
  const box = byId('prompts', HTMLTextAreaElement);
  const atOnce = byId('at-once', HTMLInputElement);
  const button = byId('many-go', HTMLButtonElement);
  const label = (): void => {
    const count = lines(box.value).length;
    box.setCustomValidity(flawOf(box.value));
    button.textContent = count === 0 ? 'Make songs' : `Make ${count} ${count === 1 ? 'song' : 'songs'}`;
  };
  const fill = (prompts: readonly string[]): void => {
    box.value = prompts.join('\n');
    label();
    box.focus();
  };
  const filled$ = fromEvent(byId('many-fill', HTMLButtonElement), 'click').pipe(tap(() => fill(batchExamples)));
  const labels$ = merge(fromEvent(box, 'input').pipe(startWith(undefined), tap(label)), filled$);
  const orders$ = submits$(form).pipe(
    map(() => lines(box.value)),
    filter((prompts) => prompts.length > 0),
    map((prompts): Action => ({
      type: 'order',
      prompts,
      atOnce: Math.max(1, Math.floor(atOnce.valueAsNumber) || 1),
      undo: () => fill(prompts),
    })),
    tap(() => fill([])),
  );
  return merge(orders$, labels$.pipe(ignoreElements()));
}
