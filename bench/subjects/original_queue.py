"""The queue of the original in front of one worker of its own, driven line by line.

Each line of the standard input is {"jobs": N, "lanes": L}, or {"nodes": [[id, [upstream, ...]], ...], "lanes": L}; the answer
on descriptor 3 is {"seconds": S}. The first answer is {"ready": true}, when the worker is up and its use is known.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from cjm_substrate.core.capability import derive_structural_surface
from cjm_substrate.core.manager import CapabilityManager
from cjm_substrate.core.manifest_format import (
    CodeSection, DriftTracking, InstallSection, ManifestV2,
    compute_config_schema_hash, compute_structural_surface_hash, write_manifest,
)
from cjm_substrate.core.ports import Composition, CompositionNode, OutputRef
from cjm_substrate.core.queue import JobQueue

from bench_original_tool import BenchTool

TOOL = "bench-0"
MANIFESTS = Path(os.environ["CJM_DATA_DIR"]) / "manifests"


def manifest() -> ManifestV2:
    schema = BenchTool().get_config_schema()
    surface = derive_structural_surface(BenchTool)
    return ManifestV2(
        install=InstallSection(python_path=sys.executable, env_vars={"PYTHONPATH": os.environ["PYTHONPATH"]}),
        code=CodeSection(name=TOOL, version="1.0.0", description="bench", module="bench_original_tool",
                         class_name="BenchTool", config_schema=schema, structural_surface=surface),
        drift_tracking=DriftTracking(config_schema_hash=compute_config_schema_hash(schema),
                                     structural_surface_hash=compute_structural_surface_hash(surface)),
    )


async def loaded(cap: int) -> CapabilityManager:
    MANIFESTS.mkdir(parents=True)
    write_manifest(MANIFESTS / f"{TOOL}.json", manifest())
    manager = CapabilityManager(search_paths=[MANIFESTS])
    manager.discover_manifests()
    found = next(one for one in manager.discovered if one.name == TOOL)
    if not manager.load_capability(found, max_concurrent_requests=cap):
        raise RuntimeError("the tool does not load")
    for _ in range(5):
        await manager.execute_capability_async(TOOL, action="noop")
    return manager


async def run_jobs(queue: JobQueue, jobs: int) -> None:
    ids = [await queue.submit(TOOL, action="noop") for _ in range(jobs)]
    done = await asyncio.gather(*[queue.wait_for_job(job_id) for job_id in ids])
    if any(job.status.value != "completed" for job in done):
        raise RuntimeError("a job failed")


async def run_nodes(queue: JobQueue, nodes: list) -> None:
    composition = Composition(nodes=[
        CompositionNode(id=node_id, capability_instance_id=TOOL, kwargs={
            "action": "echo", "payload": "x" * 100, **{f"in{k}": OutputRef(up, "ok") for k, up in enumerate(upstream)}})
        for node_id, upstream in nodes])
    run = await queue.wait_for_composition(await queue.submit_composition(composition))
    if run.status.value != "completed":
        raise RuntimeError(f"the composition is {run.status}")


async def main(answers) -> None:
    manager = await loaded(int(sys.argv[1]))
    answers.write(json.dumps({"ready": True}) + "\n")
    while line := await asyncio.to_thread(sys.stdin.readline):
        work = json.loads(line)
        queue = JobQueue(manager, max_concurrent_lanes=work["lanes"])
        await queue.start()
        started = time.perf_counter()
        await (run_jobs(queue, work["jobs"]) if "jobs" in work else run_nodes(queue, work["nodes"]))
        seconds = time.perf_counter() - started
        await queue.stop()
        answers.write(json.dumps({"seconds": seconds}) + "\n")
    manager.unload_all()


with os.fdopen(3, "w", buffering=1) as channel:
    asyncio.run(main(channel))
