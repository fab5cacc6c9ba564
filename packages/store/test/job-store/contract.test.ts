import { durableJobStoreContract, jobStoreContract } from "@cjm/testing/job-store-contract";
import { JobStoreKit } from "./job-store-kit.ts";

jobStoreContract("SqliteJobStore", () => JobStoreKit.make());
durableJobStoreContract("SqliteJobStore", () => JobStoreKit.make());

// The same with every result in a file, and with every commit flushed.
durableJobStoreContract("SqliteJobStore with results in files", () => JobStoreKit.make({ maxInlineBytes: 0 }));
jobStoreContract("SqliteJobStore that flushes", () => JobStoreKit.make({ synchronous: "full" }));
