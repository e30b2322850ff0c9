"""What the executor says of an error beyond its code and message."""

from dataclasses import dataclass, field

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(frozen=True)
class Failure:
    code: str
    message: str
    # Empty when the error is not the executor's own: a lost connection, a passed deadline.
    reason: str = ""
    metadata: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)
    retry_after_s: float | None = None


def failure_of(error: grpc.RpcError) -> Failure:
    known = {"code": error.code().name, "message": error.details() or ""}
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        bad_request = error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            known["reason"] = info.reason
            known["metadata"] = dict(info.metadata)
        elif detail.Unpack(bad_request):
            known["violations"] = [
                {"field": v.field, "description": v.description}
                for v in bad_request.field_violations
            ]
        elif detail.Unpack(retry):
            known["retry_after_s"] = retry.retry_delay.ToTimedelta().total_seconds()
    return Failure(**known)
