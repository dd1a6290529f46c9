import type { Terminal } from './open-terminal.js';
import type { View } from './view.js';
import { jsonLine } from './json-line.js';

/** One JSON object a line on stdout; what is no result goes to stderr. */
export function createJsonView(terminal: Terminal): View {
  return {
    show: (happening) => {
      if (happening.type !== 'saving') terminal.print(jsonLine(happening));
    },
    note: (text) => terminal.warn(text),
    wait: () => undefined,
    end: () => undefined,
  };
}
