/** One thing that is wrong with what a capability declares. */
export interface AuthorMistake {
  /** Where, as the author wrote it: `WordCount.actions.count.description`. */
  readonly member: string;
  readonly message: string;
  readonly hint: string;
}

/** Mistakes of a capability's author or of its installation, with the way out. Never shown with a stack. */
export class AuthorError extends Error {
  override readonly name = "AuthorError";
  readonly hint: string;
  /** Each by itself, where it is about members of the class. */
  readonly mistakes: readonly AuthorMistake[];

  constructor(message: string, hint: string, options: ErrorOptions & { readonly mistakes?: readonly AuthorMistake[] } = {}) {
    super(message, options);
    this.hint = hint;
    this.mistakes = options.mistakes ?? [];
  }
}
