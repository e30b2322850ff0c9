"""A small client of the executor: python main.py ADDRESS COMMAND [flags].

Prints one JSON object a line.
"""

import argparse
import json
import os
import sys

import grpc
from channel import connect
from errors import Failure, failure_of
from follow import follow, step_of
from follow_run import follow_run
from glip.executor.v1 import executor_service_pb2 as pb
from glip.executor.v1 import executor_service_pb2_grpc as rpc
from glip.executor.v1 import step_pb2


def say(**words) -> None:
    print(json.dumps(words), flush=True)


def told(step) -> dict:
    words = {
        "step": step.key.step_id,
        "state": step_pb2.StepState.Name(step.state).removeprefix("STEP_STATE_"),
        "phase": step_pb2.StepPhase.Name(step.phase).removeprefix("STEP_PHASE_"),
    }
    if step.HasField("outcome"):
        words["reason"] = step.outcome.reason
    if step.HasField("cancellation"):
        words["cancelled"] = step.cancellation.reason
    return words


def submit(stub, key, args) -> None:
    request = pb.SubmitStepRequest(key=key)
    request.invocation.metadata.invocation_id = f"inv-{args.run}"
    agent = request.invocation.spec.agent
    agent.name, agent.image = "TEST.PROBE", args.image
    request.invocation.spec.params.update(json.loads(args.params))
    request.invocation.spec.resources.cpu = args.cpu
    request.invocation.spec.resources.memory = "128Mi"
    response = stub.SubmitStep(request, timeout=args.timeout)
    say(created=response.created, **told(response.step))


def watch(stub, key, args) -> None:
    for event in follow(stub, key, args.cursor, args.timeout):
        if isinstance(event, Failure):
            say(frame="reconnecting", code=event.code)
            continue
        kind = event.WhichOneof("frame")
        words = {"frame": kind, "cursor": event.cursor}
        step = step_of(event)
        if step is not None:
            words.update(told(step), transitions=len(step.timeline))
        if kind == "update":
            words.update(
                transition=event.update.HasField("transition"), replayed=event.update.replayed
            )
        if kind == "goodbye":
            words.update(reason=event.goodbye.reason)
        say(**words)


def cancel(stub, key, args) -> None:
    response = stub.CancelStep(
        pb.CancelStepRequest(key=key, reason=args.reason), timeout=args.timeout
    )
    for step in response.steps:
        say(**told(step))


def get(stub, key, args) -> None:
    say(**told(stub.GetStep(pb.GetStepRequest(key=key), timeout=args.timeout).step))


def list_steps(stub, key, args) -> None:
    request = pb.ListStepsRequest(page_size=1)
    request.filter.tenant, request.filter.run_id = key.tenant, key.run_id
    while True:
        response = stub.ListSteps(request, timeout=args.timeout)
        for step in response.steps:
            say(**told(step))
        if not response.next_page_token:
            return
        request.page_token = response.next_page_token


def watch_run(stub, key, args) -> None:
    """Follows all steps of a run until each that it was told of is over; each end once."""
    for event in follow_run(stub, key, args.cursor, args.timeout):
        if isinstance(event, Failure):
            say(frame="reconnecting", code=event.code, reason=event.reason)
        elif isinstance(event, str):
            say(frame="synced", cursor=event)
        else:
            say(frame="end", **told(event))


def watch_steps(stub, key, args) -> None:
    """Says each frame of one stream of a run, until that breaks."""
    request = pb.WatchStepsRequest(cursor=args.cursor)
    request.filter.tenant, request.filter.run_id = key.tenant, key.run_id
    for frame in stub.WatchSteps(request, timeout=args.timeout):
        kind = frame.WhichOneof("frame")
        step = step_of(frame)
        words = {} if step is None else told(step)
        if kind == "update":
            words.update(
                transition=frame.update.HasField("transition"), replayed=frame.update.replayed
            )
        if kind == "synced":
            words.update(steps=frame.synced.steps)
        say(**words, frame=kind, cursor=frame.cursor)


def logs(stub, key, args) -> None:
    """Says the output of a step to its end, and where lines may be missing."""
    request = pb.StreamLogsRequest(key=key, follow=True, cursor=args.cursor)
    for frame in stub.StreamLogs(request, timeout=args.timeout):
        kind = frame.WhichOneof("frame")
        if kind == "lines":
            for line in frame.lines.lines:
                say(frame="line", message=line.text, cursor=frame.cursor)
        if kind == "gap":
            say(frame="gap", reason=frame.gap.reason, message=frame.gap.message)


def ack(stub, key, args) -> None:
    stub.AckStep(pb.AckStepRequest(key=key), timeout=args.timeout)
    say(acknowledged=key.step_id)


COMMANDS = {
    "submit": submit,
    "watch": watch,
    "watch-steps": watch_steps,
    "watch-run": watch_run,
    "logs": logs,
    "ack": ack,
    "cancel": cancel,
    "get": get,
    "list": list_steps,
}


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--tenant", default="demo")
    parser.add_argument("--run", default="")
    parser.add_argument("--step", default="")
    parser.add_argument("--image", default="glip-demo/probe:1.0.0")
    parser.add_argument("--params", default="{}")
    parser.add_argument("--cpu", default="100m")
    parser.add_argument("--reason", default="")
    parser.add_argument("--cursor", default="")
    parser.add_argument("--timeout", type=float, help="deadline in seconds")
    return parser.parse_args(argv)


def main() -> int:
    args = parse(sys.argv[1:])
    key = step_pb2.StepKey(tenant=args.tenant, run_id=args.run, step_id=args.step)
    with connect(args.address, os.environ.get("SERVICE_CONFIG", "{}")) as channel:
        try:
            COMMANDS[args.command](rpc.ExecutorServiceStub(channel), key, args)
        except grpc.RpcError as error:
            failure = failure_of(error)
            say(
                error=failure.code,
                message=failure.message,
                reason=failure.reason,
                metadata=failure.metadata,
                violations=failure.violations,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
