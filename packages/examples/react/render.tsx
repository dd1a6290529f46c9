import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { App } from './app.js';

/** The page as the server sends it. Effects do not run here, so nothing is subscribed and nothing connects. */
export function render(ids: string[]): string {
  return renderToString(
    <StrictMode>
      <App ids={ids} />
    </StrictMode>,
  );
}
