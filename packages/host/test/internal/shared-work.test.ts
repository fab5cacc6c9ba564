import { expect, test } from "vitest";
import { SharedWork } from "../../src/internal/shared-work.ts";

function work() {
  const result = Promise.withResolvers<string>();
  const shared = new SharedWork<string>((signal) => {
    signal.addEventListener("abort", () => result.reject(signal.reason));
    return result.promise;
  });
  return { shared, result };
}

test("all who wait get what comes of it", async () => {
  const { shared, result } = work();
  const both = [shared.join(), shared.join()];
  result.resolve("done");
  expect(await Promise.all(both)).toEqual(["done", "done"]);
  await expect(shared.join()).resolves.toBe("done");
});

test("one who gives up leaves the others alone", async () => {
  const { shared, result } = work();
  const controller = new AbortController();
  const leaver = shared.join(controller.signal);
  const stayer = shared.join();
  controller.abort(new Error("mine alone"));
  await expect(leaver).rejects.toThrow("mine alone");
  expect(shared.abandoned).toBe(false);
  result.resolve("done");
  await expect(stayer).resolves.toBe("done");
});

test("when the last gives up it is given up, and he comes back when it has ended", async () => {
  const { shared } = work();
  const controllers = [new AbortController(), new AbortController()];
  const both = controllers.map(({ signal }) => shared.join(signal));
  const outcomes = Promise.allSettled(both);
  controllers[0]?.abort(new Error("first"));
  controllers[1]?.abort(new Error("second"));
  expect(await outcomes).toMatchObject([{ reason: { message: "first" } }, { reason: { message: "second" } }]);
  expect(shared.abandoned).toBe(true);
  await shared.settled;
});

test("when it is ended for everybody they get the reason", async () => {
  const { shared } = work();
  const waiting = shared.join();
  shared.abandon(new Error("the host was closed"));
  await expect(waiting).rejects.toThrow("the host was closed");
});

test("a failure that nobody waits for is nobody's", async () => {
  const { shared, result } = work();
  result.reject(new Error("alone"));
  await shared.settled;
});
