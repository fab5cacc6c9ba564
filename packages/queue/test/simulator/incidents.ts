import type { SimulatedInstance } from "./simulated-instance.ts";
import type { Stage } from "./stage.ts";
import type { Incident } from "./workload.ts";

/** Lets happen what is to happen to a workload, and undoes each thing when its time is over. */
export function befall(stage: Stage): void {
  for (const incident of stage.workload.incidents) {
    stage.clock.schedule(incident.atMs, () => {
      const undo = EFFECTS[incident.what](stage, incident);
      stage.clock.schedule(incident.forMs, undo);
    });
  }
}

type Effect = (stage: Stage, incident: Incident) => () => void;

const EFFECTS: Readonly<Record<Incident["what"], Effect>> = {
  "outside takes": ({ runtime: { outside } }, { memoryMb, gpuMb }) => {
    outside.memoryMb += memoryMb;
    outside.gpuMb += gpuMb;
    return () => {
      outside.memoryMb -= memoryMb;
      outside.gpuMb -= gpuMb;
    };
  },
  monitor: ({ runtime, workload }, { monitor }) => {
    runtime.monitor = monitor;
    return () => {
      runtime.monitor = workload.machine.monitor;
    };
  },
  disabled: (stage, incident) => {
    const instance = instanceOf(stage, incident);
    instance.enabled = false;
    stage.runtime.changed();
    return () => {
      instance.enabled = true;
      stage.runtime.changed();
    };
  },
  held: (stage, incident) => {
    const { instanceId } = instanceOf(stage, incident);
    stage.held.add(instanceId);
    stage.queue.recheck();
    return () => {
      stage.held.delete(instanceId);
      stage.queue.recheck();
    };
  },
  "journal fails": ({ journal, writer, queue }) => {
    journal.broken = true;
    writer.emit({ eventId: "probe", occurredAt: 0, eventType: "probe", payload: {} });
    return () => {
      journal.broken = false;
      queue.resetJournal();
    };
  },
  reloaded: (stage, incident) => {
    instanceOf(stage, incident).reload();
    stage.runtime.changed();
    return () => {};
  },
  "configured anew": (stage, incident) => {
    instanceOf(stage, incident).measured = "no";
    stage.runtime.changed();
    return () => {};
  },
  cap: (stage, incident) => {
    const instance = instanceOf(stage, incident);
    instance.cap = 1;
    return () => {
      instance.cap = instance.spec.cap;
      stage.runtime.changed();
    };
  },
};

function instanceOf({ runtime, workload }: Stage, { instance }: Incident): SimulatedInstance {
  return runtime.find(`i${instance % workload.instances.length}`);
}
