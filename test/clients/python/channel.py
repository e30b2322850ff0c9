"""How to connect: keepalive, repeats of unary calls, quick reconnects."""

import grpc

OPTIONS = (
    # A frozen server is noticed within 40 s.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # The follower backs off by itself; the channel's own two minutes would hold it up.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


def connect(address: str, service_config: str) -> grpc.Channel:
    options = OPTIONS + (("grpc.service_config", service_config),)
    return grpc.insecure_channel(address, options=options)
