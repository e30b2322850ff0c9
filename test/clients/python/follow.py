"""Follows a step to its end: each transition once, whatever happens to the connection."""

import random
import time
from collections.abc import Iterator

import grpc
from errors import Failure, failure_of
from glip.executor.v1 import executor_service_pb2 as pb
from glip.executor.v1 import step_pb2

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
# Without any frame for so long something is wrong that waiting does not mend.
PATIENCE_S = 60.0
# What a reset stream or a vanished proxy becomes, by library and by its code of HTTP/2.
TRANSPORT = {"INTERNAL", "UNKNOWN", "RESOURCE_EXHAUSTED", "CANCELLED"}


def is_lost(failure: Failure) -> bool:
    """True when the same watch, with the last cursor, may go on."""
    if failure.code == "UNAVAILABLE":
        return True
    # With a reason it is the executor's own word: trying again does not change it.
    return failure.code in TRANSPORT and failure.reason == ""


def step_of(frame) -> step_pb2.Step | None:
    kind = frame.WhichOneof("frame")
    if kind == "snapshot":
        return frame.snapshot
    return frame.update.step if kind == "update" else None


def is_final(step) -> bool:
    return step.state >= step_pb2.STEP_STATE_SUCCEEDED


def follow(
    stub, key, cursor: str = "", timeout_s: float | None = None
) -> Iterator[pb.WatchStepResponse | Failure]:
    """Yields the frames, and a Failure before each new attempt.

    Raises what cannot be waited out.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    last_frame = time.monotonic()
    ceiling = FIRST_PAUSE_S
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        pause = 0.0
        request = pb.WatchStepRequest(key=key, cursor=cursor)
        try:
            for frame in stub.WatchStep(request, timeout=left):
                last_frame = time.monotonic()
                ceiling = FIRST_PAUSE_S
                cursor = frame.cursor or cursor
                yield frame
                step = step_of(frame)
                if step is not None and is_final(step):
                    return
                if frame.HasField("goodbye"):
                    pause = frame.goodbye.retry_after.ToTimedelta().total_seconds()
            # An end without a failure is the end of the step.
            return
        except grpc.RpcError as error:
            failure = failure_of(error)
            if failure.reason == "CURSOR_EXPIRED":
                cursor = ""
            elif not is_lost(failure) or time.monotonic() - last_frame > PATIENCE_S:
                raise
        yield failure
        pause = max(pause, failure.retry_after_s or 0.0)
        time.sleep(pause + random.uniform(0, ceiling))
        ceiling = min(LONGEST_PAUSE_S, ceiling * 2)
