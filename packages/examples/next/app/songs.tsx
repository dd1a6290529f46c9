'use client';

import { useState } from 'react';
import { Song } from './song';

/** From here on, everything also runs in the browser: only texts get here, never the key. */
export function Songs({ songs }: { songs: { id: string; text: string }[] }) {
  const [shown, setShown] = useState(true);
  return (
    <main>
      <button onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</button>
      {shown && (
        <ul>
          {songs.map(({ id, text }) => (
            <Song key={id} id={id} first={text} />
          ))}
        </ul>
      )}
    </main>
  );
}
