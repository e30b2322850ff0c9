import { createRegistry } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';

const DETAILS = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema);

/** The same status as over gRPC. Its details are unpacked so that JSON shows them in clear, under `debug`, for whoever uses curl. */
export function toConnectError(status: Status): ConnectError {
  const details = status.details.flatMap((any) => {
    const value = anyUnpack(any, DETAILS);
    const desc = value && DETAILS.getMessage(value.$typeName);
    return value && desc ? [{ desc, value }] : [];
  });
  // Connect's codes are gRPC's numbers.
  return new ConnectError(status.message, status.code, undefined, details);
}
