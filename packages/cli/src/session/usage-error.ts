/** The command line asks for something that cannot be done. Its message is a sentence that says what to change. */
export class UsageError extends Error {}
