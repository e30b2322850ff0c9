import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { type Any, anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { status as grpcStatus } from '@grpc/grpc-js';
import { ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { type ErrorCode, ExecutorError } from '../step/errors.ts';
import { byteLength, safeText } from './status-text.ts';
import { fitViolations } from './status-violations.ts';

/** Domain of every ErrorInfo. */
export const ERROR_DOMAIN = 'glip.greenlang.io';

/** Waited before a retry when an UNAVAILABLE does not say: long enough for a list or a leader change, short for a person. */
const DEFAULT_RETRY_MS = 1_000;

const MESSAGE_BYTES = 1_024;
const METADATA_BYTES = 1_024;
const METADATA_VALUE_BYTES = 512;
const METADATA_KEY = /^[a-z][a-zA-Z0-9_-]{0,63}$/;

/** A name of a gRPC status. */
export type StatusName = keyof typeof grpcStatus;

export interface ToStatusDeps {
  /** Told of every INTERNAL, with the id that the caller sees; the place to log the error and its cause. */
  readonly onDefect?: (error: unknown, errorId: string) => void;
  /** Random UUIDs by default. */
  readonly newErrorId?: () => string;
}

/** Turns whatever a handler threw into what the caller is told. Never throws. */
export type ToStatus = (error: unknown) => Status;

/** The one table from errors to gRPC: an ExecutorError's code is the status of that name, and all else is INTERNAL with a neutral message. */
export function createToStatus(deps: ToStatusDeps = {}): ToStatus {
  const newErrorId = deps.newErrorId ?? randomUUID;
  const report = (error: unknown): string => {
    const errorId = newErrorId();
    try {
      deps.onDefect?.(error, errorId);
    } catch {
      // A logger that fails must not cost the caller its answer.
    }
    return errorId;
  };
  return (error) => {
    if (!(error instanceof ExecutorError)) return defectStatus(report(error));
    if (error.code !== 'INTERNAL') return executorStatus(error, error.metadata);
    return executorStatus(error, { ...error.metadata, error_id: report(error) });
  };
}

/** The stable reason of an error, for logs. */
export function reasonOf(error: unknown): string {
  return error instanceof ExecutorError ? error.reason : 'INTERNAL';
}

/** The name of a numeric status; UNKNOWN for numbers that gRPC does not have. */
export function statusName(code: number): StatusName {
  return (grpcStatus[code] as StatusName | undefined) ?? 'UNKNOWN';
}

function defectStatus(errorId: string): Status {
  const message = `internal error of the executor; its log has the cause under error_id ${errorId}`;
  return compose('INTERNAL', message, [errorInfo('INTERNAL', { error_id: errorId })]);
}

function executorStatus(error: ExecutorError, metadata: Readonly<Record<string, string>>): Status {
  const message = safeText(error.message, MESSAGE_BYTES);
  const details = [errorInfo(error.reason, metadata), ...retryInfo(error)];
  if (error.violations.length === 0) return compose(error.code, message, details);
  const fitted = fitViolations(error.violations, compose(error.code, message, details));
  if (fitted.omitted === 0) return compose(error.code, message, [...details, fitted.badRequest]);
  const info = errorInfo(error.reason, { violations_omitted: String(fitted.omitted), ...metadata });
  return compose(error.code, message, [info, ...retryInfo(error), fitted.badRequest]);
}

function compose(code: ErrorCode, message: string, details: Any[]): Status {
  return create(StatusSchema, { code: grpcStatus[code], message, details });
}

function errorInfo(reason: string, metadata: Readonly<Record<string, string>>): Any {
  const info = create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN, metadata: boundedMetadata(metadata) });
  return anyPack(ErrorInfoSchema, info);
}

function boundedMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const bounded: Record<string, string> = {};
  let left = METADATA_BYTES;
  for (const [key, value] of Object.entries(metadata)) {
    const text = safeText(value, METADATA_VALUE_BYTES);
    left -= byteLength(key) + byteLength(text);
    if (left < 0) break;
    if (METADATA_KEY.test(key)) bounded[key] = text;
  }
  return bounded;
}

function retryInfo(error: ExecutorError): Any[] {
  const delayMs = error.retryAfterMs ?? (error.code === 'UNAVAILABLE' ? DEFAULT_RETRY_MS : undefined);
  if (delayMs === undefined) return [];
  return [
    anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(Math.round(delayMs)) })),
  ];
}
