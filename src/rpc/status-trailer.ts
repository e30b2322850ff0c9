import { toBinary } from '@bufbuild/protobuf';
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';

/** A status as grpc-js sends it: the details ride in grpc-status-details-bin. */
export function statusTrailer(status: Status): StatusObject {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, status)));
  return { code: status.code, details: status.message, metadata };
}
