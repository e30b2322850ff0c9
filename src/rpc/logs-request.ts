import type { StreamLogsRequest } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { agentContainer } from '../job/observation.ts';
import type { LogWish } from '../logs/follow-log.ts';
import { lastSecond, parsePosition } from '../logs/position.ts';
import type { Selection } from '../logs/reading.ts';
import { invalidRequest, type Violation } from '../step/errors.ts';
import type { StepKey } from '../step/key.ts';
import { requireKey } from './from-proto.ts';

export interface LogsRequest {
  readonly key: StepKey;
  readonly wish: LogWish;
  /** Of text, in bytes of UTF-8. */
  readonly limitBytes: number;
}

const containerName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The request as plain values; INVALID_ARGUMENT with all that is wrong with it. */
export function parseLogsRequest(request: StreamLogsRequest): LogsRequest {
  const key = requireKey(request.key);
  const from = request.cursor === '' ? undefined : parsePosition(request.cursor, 'cursor');
  const container = request.container || from?.container || agentContainer;
  const violations: Violation[] = [];
  if (!containerName.test(container))
    violations.push({ field: 'container', message: 'is not the name of a container' });
  else if (from !== undefined && from.container !== container)
    violations.push({
      field: 'container',
      message: `the cursor is of ${from.container}: leave one of them out`,
    });
  if (request.limitBytes === 0n) violations.push({ field: 'limit_bytes', message: 'must be at least 1' });
  const { selection, violations: wrong } = selectionOf(request);
  violations.push(...wrong);
  if (violations.length > 0) throw invalidRequest(violations);
  const limitBytes = request.limitBytes === undefined ? Number.POSITIVE_INFINITY : Number(request.limitBytes);
  return { key, wish: { container, follow: request.follow, selection, from }, limitBytes };
}

function selectionOf({ tailLines, since }: StreamLogsRequest): {
  readonly selection: Selection;
  readonly violations: readonly Violation[];
} {
  const seconds = since === undefined ? undefined : Number(since.seconds);
  const isTime = seconds === undefined || (seconds >= 0 && seconds <= lastSecond);
  return {
    selection: {
      ...(tailLines !== undefined && { tailLines }),
      ...(since !== undefined && seconds !== undefined && { since: { seconds, nanos: since.nanos } }),
    },
    violations: isTime ? [] : [{ field: 'since', message: 'must be from 1970 to 9999' }],
  };
}
