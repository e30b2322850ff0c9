import { create } from '@bufbuild/protobuf';
import {
  WatchStepRequestSchema,
  type WatchStepResponse,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step, StepKey } from '../../../gen/glip/executor/v1/step_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import { formatKey } from '../../../src/step/key.ts';
import { type ExecutorClient, RpcError } from '../../support/client.ts';
import { createFollower } from './follower.ts';
import { isRetried, pauseMs } from './persist.ts';
import type { Tally } from './tally.ts';

export interface FollowOptions {
  readonly client: ExecutorClient;
  readonly key: StepKey;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly onFrame?: (frame: WatchStepResponse) => void;
}

/**
 * Watches a step to its end, through every lost connection, by the last cursor. Resolves with the step of the terminal frame; what is
 * told wrongly on the way goes to the tally.
 */
export async function followStep({ client, key, tally, signal, onFrame }: FollowOptions): Promise<Step> {
  const follower = createFollower();
  const wrong = (what: string) => tally.violation(`${formatKey(key)}: ${what}`);
  let attempt = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      const request = create(WatchStepRequestSchema, { key, cursor: follower.cursor });
      for await (const frame of client.rpc.calls.watchStep(request, { signal })) {
        tally.count(`frames: ${frame.frame.case ?? 'unknown'}`);
        const found = follower.take(frame);
        if (found !== undefined) wrong(found);
        attempt = 0;
        onFrame?.(frame);
      }
      const found = follower.ended();
      if (found !== undefined) wrong(found);
      if (follower.end !== undefined) return follower.end;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = RpcError.from(thrown);
      if (!isRetried(error)) throw new Error(`watching ${formatKey(key)}: ${error.code} ${error.message}`);
      tally.count(`watches: resumed after ${error.reason || error.code}`);
      await sleep(pauseMs(error, attempt++), signal);
    }
  }
}
