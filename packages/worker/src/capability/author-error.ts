/** A mistake of a capability's author or of its installation, with the way out. Never shown with a stack. */
export class AuthorError extends Error {
  override readonly name = "AuthorError";
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
