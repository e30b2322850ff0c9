import { create } from '@bufbuild/protobuf';
import {
  type Goodbye,
  GoodbyeSchema,
  type Heartbeat,
  HeartbeatSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { EpochMs } from '../step/step.ts';
import { duration, timestamp } from './to-proto.ts';

/** What a stream says of itself and of its source. */
export interface StreamFramesDeps {
  readonly now: () => EpochMs;
  /** Age of the newest confirmed view of the cluster, in milliseconds; Infinity while none is confirmed. */
  readonly freshness: () => number;
}

/** How long a client that is sent away should wait; another replica is there at once. */
export const comeBackMs = 500;

/** For a message's field; absent before the first proof. */
export function freshnessOf({ freshness }: Pick<StreamFramesDeps, 'freshness'>) {
  const age = freshness();
  return Number.isFinite(age) ? { freshness: duration(age) } : {};
}

export const heartbeat = (deps: StreamFramesDeps): Heartbeat =>
  create(HeartbeatSchema, { time: timestamp(deps.now()), ...freshnessOf(deps) });

export const goodbye = (reason: string): Goodbye =>
  create(GoodbyeSchema, { reason, retryAfter: duration(comeBackMs) });
