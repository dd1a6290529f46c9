import type { Board, BoardItem } from '../jobs/board.js';
import type { Happening } from '../jobs/happening.js';

/** What a command shows of its jobs while it runs. */
export interface View {
  show(happening: Happening, item: BoardItem): void;
  /** A sentence about the command itself. */
  note(text: string): void;
  /** What the API makes everything wait for; `until` is in ms of the board's clock. `undefined` takes it away. */
  wait(reason: { text: string; until: number } | undefined): void;
  /** Nothing is drawn any more. */
  end(): void;
}

/** What a view has to know of its command. */
export interface Shown {
  readonly board: Board;
  readonly now: () => number;
  /** How many items there are. */
  readonly total: number;
  /** The prompt of an item, or its id where the prompt is not known yet. */
  readonly label: (index: number) => string;
  /** Ms that jobs take, as long as none was seen to end. */
  readonly expected: number;
  /** Ms until all have ended, if that can be guessed. */
  readonly eta?: () => number | null;
  /** A batch has a bar of its own, and a table in the end instead of details on the way. */
  readonly batch: boolean;
}
