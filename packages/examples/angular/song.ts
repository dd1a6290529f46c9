import { Component, input } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { switchMap } from 'rxjs';
import { songText$ } from '../song-text';

@Component({
  selector: 'li[appSong]',
  template: '{{ id() }}: {{ text() }}',
})
export class Song {
  readonly id = input.required<string>();
  // Unsubscribes when the component goes. Another id ends the stream of the last one.
  readonly text = toSignal(toObservable(this.id).pipe(switchMap((id) => songText$(id))), {
    initialValue: 'waiting',
  });
}
