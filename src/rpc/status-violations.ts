import { create, toBinary } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { BadRequestSchema } from '../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import type { Violation } from '../step/errors.ts';
import { byteLength, safeText } from './status-text.ts';

/** gRPC's C core, and with it Python, may refuse trailers from 8 KiB on (grpc.max_metadata_size); proxies too. */
const TRAILER_BYTES = 8_192;
/** Kept free for the other trailers, and for the 32 bytes that HTTP/2 counts for each. */
const RESERVED_BYTES = 512;
const MAX_VIOLATIONS = 100;
const FIELD_BYTES = 256;
const MESSAGE_BYTES = 512;
/** Tags and lengths of one violation, and of the Any around all of them. */
const VIOLATION_OVERHEAD = 12;
const ANY_OVERHEAD = 160;

/** As many violations as the trailers of `base` leave room for; the last one says how many there are besides. */
export function fitViolations(
  violations: readonly Violation[],
  base: Status,
): { badRequest: Any; omitted: number } {
  const shown: { field: string; description: string }[] = [];
  let left = roomBeside(base);
  for (const violation of violations.slice(0, MAX_VIOLATIONS)) {
    const field = safeText(violation.field, FIELD_BYTES);
    const description = safeText(violation.message, MESSAGE_BYTES);
    left -= byteLength(field) + byteLength(description) + VIOLATION_OVERHEAD;
    if (left < 0) break;
    shown.push({ field, description });
  }
  const omitted = violations.length - shown.length;
  if (omitted > 0)
    shown.push({ field: '*', description: `and ${omitted} more violations that do not fit here` });
  return {
    badRequest: anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: shown })),
    omitted,
  };
}

function roomBeside(base: Status): number {
  // The message travels twice: percent-encoded as grpc-message, and in the details, which are base64.
  const forDetails = TRAILER_BYTES - RESERVED_BYTES - encodeURI(base.message).length;
  return Math.floor(forDetails / 4) * 3 - toBinary(StatusSchema, base).byteLength - ANY_OVERHEAD;
}
