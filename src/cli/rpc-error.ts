import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack, durationMs } from '@bufbuild/protobuf/wkt';
import { status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';

/** A name of a gRPC status. */
export type StatusName = keyof typeof grpcStatus;

/** What the server said of its error beyond code and message; all of it untrusted. */
export interface ErrorDetails {
  /** UPPER_SNAKE, or empty when the error is not the executor's own: a lost connection, a passed deadline. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly { readonly field: string; readonly description: string }[];
  readonly retryAfterMs: number | undefined;
}

const noDetails: ErrorDetails = { reason: '', metadata: {}, violations: [], retryAfterMs: undefined };

/** A call that failed. */
export class RpcError extends Error {
  readonly code: StatusName;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: ErrorDetails['violations'];
  readonly retryAfterMs: number | undefined;

  constructor(code: StatusName, message: string, details: ErrorDetails = noDetails) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.reason = details.reason;
    this.metadata = details.metadata;
    this.violations = details.violations;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** From whatever a call threw. */
  static from(error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    if (!isServiceError(error))
      return new RpcError('UNKNOWN', error instanceof Error ? error.message : String(error));
    return new RpcError(nameOf(error.code), error.details || error.message, readDetails(error));
  }
}

/** True when nothing answers at the address: no server was reached, so nothing has happened there. */
export function isRefused(error: RpcError): boolean {
  return (
    error.code === 'UNAVAILABLE' &&
    error.reason === '' &&
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(error.message)
  );
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'metadata' in error && typeof error.code === 'number';
}

function nameOf(code: number): StatusName {
  const names = Object.keys(grpcStatus) as StatusName[];
  return names.find((name) => grpcStatus[name] === code) ?? 'UNKNOWN';
}

function readDetails(error: ServiceError): ErrorDetails {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Uint8Array)) return noDetails;
  try {
    const { details } = fromBinary(StatusSchema, bytes);
    const infos = details.flatMap((any) => anyUnpack(any, ErrorInfoSchema) ?? []);
    const requests = details.flatMap((any) => anyUnpack(any, BadRequestSchema) ?? []);
    const delays = details.flatMap((any) => anyUnpack(any, RetryInfoSchema)?.retryDelay ?? []);
    const [info] = infos;
    const [delay] = delays;
    return {
      reason: info?.reason ?? '',
      metadata: info?.metadata ?? {},
      violations: requests.flatMap((request) => request.fieldViolations),
      retryAfterMs: delay === undefined ? undefined : Math.max(0, durationMs(delay)),
    };
  } catch {
    // Details that do not decode are a proxy's, not ours; code and message still stand.
    return noDetails;
  }
}
