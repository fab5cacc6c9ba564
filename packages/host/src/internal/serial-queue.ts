/** Runs asynchronous steps one after another, in the order in which they were asked for. A step that fails stops no other. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step, step);
    this.#last = result.catch(() => {});
    return result;
  }
}
