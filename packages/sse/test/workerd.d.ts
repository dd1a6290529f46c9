/** Has no types of its own. */
declare module 'workerd' {
  /** The path of the program. */
  const path: string;
  export { path as default };
}
