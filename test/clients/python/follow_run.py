"""Follows all steps of a run to their ends: each end once, whatever happens to the connection."""

import random
import time
from collections.abc import Iterator

import grpc
from errors import Failure, failure_of
from follow import FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S, is_final, is_lost, step_of
from glip.executor.v1 import executor_service_pb2 as pb
from glip.executor.v1 import step_pb2


def follow_run(
    stub, key, cursor: str = "", timeout_s: float | None = None
) -> Iterator[step_pb2.Step | str | Failure]:
    """Yields each step at its end, the cursor when all that was there is told, and a Failure before each new attempt.

    Returns when every step that it was told of is over. Raises what cannot be waited out.
    """
    request = pb.WatchStepsRequest(cursor=cursor)
    request.filter.tenant, request.filter.run_id = key.tenant, key.run_id
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    last_frame = time.monotonic()
    ceiling = FIRST_PAUSE_S
    # By the uid of the Job: a name may be used again. Delivery is at least once, so what was dealt with is remembered.
    ended: set[str] = set()
    live: set[str] = set()
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        seen: set[str] = set()
        from_start = request.cursor == ""
        try:
            for frame in stub.WatchSteps(request, timeout=left):
                last_frame = time.monotonic()
                ceiling = FIRST_PAUSE_S
                step = step_of(frame)
                if step is not None:
                    uid = step.job.uid
                    seen.add(uid)
                    if is_final(step):
                        live.discard(uid)
                        if uid not in ended:
                            ended.add(uid)
                            yield step
                    elif uid not in ended:
                        live.add(uid)
                if frame.HasField("synced"):
                    if from_start or frame.synced.gap:
                        # Whatever was live and is not told is gone: nobody knows how it ended.
                        live &= seen
                    yield frame.cursor
                # Only now is the frame dealt with.
                request.cursor = frame.cursor or request.cursor
                if request.cursor and not live and not frame.HasField("forgotten"):
                    return
        except grpc.RpcError as error:
            failure = failure_of(error)
            if failure.reason == "CURSOR_EXPIRED":
                request.cursor = ""
            elif not is_lost(failure) or time.monotonic() - last_frame > PATIENCE_S:
                raise
        yield failure
        time.sleep((failure.retry_after_s or 0.0) + random.uniform(0, ceiling))
        ceiling = min(LONGEST_PAUSE_S, ceiling * 2)
