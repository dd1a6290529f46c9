export { saveSong, type SaveOptions } from './save-song.js';
export type { SaveProgress } from './save-progress.js';
