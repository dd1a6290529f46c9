import { useState } from 'react';
import { Song } from './song.js';

export function App({ ids }: { ids: string[] }) {
  const [shown, setShown] = useState(true);
  return (
    <main>
      <button onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</button>
      {shown && (
        <ul>
          {ids.map((id) => (
            <Song key={id} id={id} />
          ))}
        </ul>
      )}
    </main>
  );
}
