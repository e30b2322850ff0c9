import { toBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../../gen/google/rpc/status_pb.js';
import { createToStatus, reasonOf, statusName } from '../../../src/rpc/to-status.ts';
import { type ErrorCode, ExecutorError, invalidRequest } from '../../../src/step/errors.ts';

const toStatus = createToStatus({ newErrorId: () => 'id-1' });

function info(status: Status) {
  return anyUnpack(status.details[0]!, ErrorInfoSchema)!;
}

function headerBytes(status: Status): number {
  return encodeURI(status.message).length + Math.ceil(toBinary(StatusSchema, status).byteLength / 3) * 4;
}

const CODES: Record<ErrorCode, number> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

test.for(Object.entries(CODES))('%s is status %d, with its reason and domain', ([code, number]) => {
  const status = toStatus(
    new ExecutorError({ code: code as ErrorCode, reason: 'SOME_REASON', message: 'words' }),
  );
  expect(status).toMatchObject({ code: number, message: 'words' });
  expect(info(status)).toMatchObject({ reason: 'SOME_REASON', domain: 'glip.greenlang.io' });
  expect(statusName(number)).toBe(code);
});

test('a number that gRPC does not have is UNKNOWN', () => {
  expect(statusName(99)).toBe('UNKNOWN');
});

test('UNAVAILABLE always says when to retry; other codes only when the error does', () => {
  const delay = (code: ErrorCode, retryAfterMs?: number) => {
    const init = { code, reason: 'R', message: 'm' };
    const status = toStatus(new ExecutorError(retryAfterMs === undefined ? init : { ...init, retryAfterMs }));
    return status.details.map((any) => anyUnpack(any, RetryInfoSchema)).find((d) => d !== undefined)
      ?.retryDelay;
  };
  expect(delay('UNAVAILABLE')).toMatchObject({ seconds: 1n, nanos: 0 });
  expect(delay('UNAVAILABLE', 250.7)).toMatchObject({ seconds: 0n, nanos: 251_000_000 });
  expect(delay('RESOURCE_EXHAUSTED', 3_000)).toMatchObject({ seconds: 3n });
  expect(delay('NOT_FOUND')).toBeUndefined();
});

test('an INTERNAL of our own keeps its words, carries an id, and is reported with its cause', () => {
  const onDefect = vi.fn();
  const error = new ExecutorError({
    code: 'INTERNAL',
    reason: 'KUBERNETES_FORBIDDEN',
    message: 'the executor may not create jobs',
    cause: new Error('secret'),
  });
  const status = createToStatus({ onDefect, newErrorId: () => 'id-1' })(error);
  expect(status.message).toBe('the executor may not create jobs');
  expect(info(status)).toMatchObject({ reason: 'KUBERNETES_FORBIDDEN', metadata: { error_id: 'id-1' } });
  expect(onDefect).toHaveBeenCalledExactlyOnceWith(error, 'id-1');
  expect(reasonOf(error)).toBe('KUBERNETES_FORBIDDEN');
});

test('a logger that fails does not cost the answer', () => {
  const broken = createToStatus({
    onDefect: () => {
      throw new Error('disk full');
    },
  });
  expect(broken(new Error('x')).code).toBe(13);
});

test('errors that are no defects are not reported', () => {
  const onDefect = vi.fn();
  createToStatus({ onDefect })(invalidRequest([{ field: 'a', message: 'b' }]));
  expect(onDefect).not.toHaveBeenCalled();
});

test('metadata is bounded, and keys that ErrorInfo does not allow are dropped', () => {
  const metadata = {
    ok: 'yes',
    'Bad Key': 'no',
    long: 'x'.repeat(5_000),
    more: 'y'.repeat(400),
    last: 'z'.repeat(400),
  };
  const bounded = info(
    toStatus(new ExecutorError({ code: 'NOT_FOUND', reason: 'R', message: 'm', metadata })),
  ).metadata;
  expect(Object.keys(bounded)).toEqual(['ok', 'long', 'more']);
  expect(Buffer.byteLength(bounded.long ?? '')).toBeLessThanOrEqual(512);
});

test('whatever an error holds, its trailers stay below 8 KiB, can be encoded, and lose no violation silently', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '☃', '🚀', '\0', '\n', 'a'), maxLength: 3_000 }),
  );
  const violation = fc.record({ field: text, message: text });
  fc.assert(
    fc.property(
      text,
      fc.array(violation, { maxLength: 150 }),
      fc.dictionary(fc.string(), text, { maxKeys: 8 }),
      (message, violations, metadata) => {
        const status = toStatus(
          new ExecutorError({
            code: 'INVALID_ARGUMENT',
            reason: 'R',
            message,
            violations,
            metadata,
            retryAfterMs: 1,
          }),
        );
        expect(headerBytes(status)).toBeLessThan(8_192 - 256);
        expect(status.message).not.toMatch(/\p{Cc}/u);
        const last = status.details.at(-1)!;
        const shown = anyUnpack(last, BadRequestSchema)?.fieldViolations ?? [];
        const omitted = Number(info(status).metadata.violations_omitted ?? 0);
        expect(shown.length - (omitted > 0 ? 1 : 0) + omitted).toBe(violations.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('a hundred short violations all arrive', () => {
  const violations = Array.from({ length: 60 }, (_, i) => ({
    field: `invocation.inputs[${i}].sha256`,
    message: 'must be 64 hex digits',
  }));
  const status = toStatus(invalidRequest(violations));
  expect(anyUnpack(status.details.at(-1)!, BadRequestSchema)?.fieldViolations).toHaveLength(60);
});
