import { StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { App } from './app.js';

const root = document.querySelector('#app');
if (root === null) throw new Error('The page has no #app.');
const ids = new URLSearchParams(location.search).getAll('job');
const app = (
  <StrictMode>
    <App ids={ids} />
  </StrictMode>
);
// With markup from the server, React takes that over.
if (root.hasChildNodes()) hydrateRoot(root, app);
else createRoot(root).render(app);
