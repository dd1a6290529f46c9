import { Component, signal } from '@angular/core';
import { Song } from './song';

@Component({
  selector: 'app-root',
  imports: [Song],
  template: `
    <main>
      <button (click)="shown.set(!shown())">{{ shown() ? 'Hide' : 'Show' }}</button>
      @if (shown()) {
        <ul>
          @for (id of ids; track id) {
            <li appSong [id]="id"></li>
          }
        </ul>
      }
    </main>
  `,
})
export class App {
  readonly ids = new URLSearchParams(location.search).getAll('job');
  readonly shown = signal(true);
}
