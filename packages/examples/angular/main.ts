import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app';

// Signals tell Angular what has changed, so the page needs no zone.js.
export const app = bootstrapApplication(App, {
  providers: [provideZonelessChangeDetection()],
});
