import { create } from '@bufbuild/protobuf';
import { WatchStepsRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import { formatKey } from '../../../src/step/key.ts';
import { type ExecutorClient, RpcError } from '../../support/client.ts';
import { createFleetFollower } from './fleet-follower.ts';
import { isRetried, pauseMs } from './persist.ts';
import type { EndedStep } from './run-load.ts';
import { summary } from './summary.ts';
import type { Tally } from './tally.ts';

export interface FleetOptions {
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** A watcher of all steps of a tenant in one stream. */
export interface FleetWatch {
  /** Resolves when it was told the end of each of these; compares them. Rejects when the signal aborts before. */
  readonly told: (ended: readonly EndedStep[]) => Promise<void>;
  /** Rejects when the stream ends as it must not. */
  readonly running: Promise<void>;
}

/** Watches through every lost connection, by the last cursor, until the signal ends it. */
export function followFleet({ client, tenant, tally, signal }: FleetOptions): FleetWatch {
  const follower = createFleetFollower();
  const wakes = new Set<() => void>();

  const once = async (): Promise<void> => {
    follower.opened();
    const request = create(WatchStepsRequestSchema, { filter: { tenant }, cursor: follower.cursor });
    for await (const frame of client.rpc.calls.watchSteps(request, { signal })) {
      tally.count(`frames of many steps: ${frame.frame.case ?? 'unknown'}`);
      if (frame.frame.case === 'synced' && frame.frame.value.gap) tally.count('streams of many steps: gaps');
      const wrong = follower.take(frame);
      if (wrong !== undefined) tally.violation(`in the stream of many steps: ${wrong}`);
      for (const wake of wakes) wake();
    }
    throw new Error('the stream of many steps ended with OK');
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const before = follower.cursor;
      try {
        await once();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = RpcError.from(thrown);
        if (error.code === 'OUT_OF_RANGE') follower.startAnew();
        else if (!isRetried(error)) throw error;
        if (before !== follower.cursor) attempt = 0;
        tally.count(`streams of many steps: opened again after ${error.reason || error.code}`);
        await sleep(pauseMs(error, attempt), signal).catch(() => undefined);
      }
    }
  };
  const running = run();
  // Whoever waits for it is told; until then it must not bring the run down.
  running.catch(() => undefined);

  const told = async (ended: readonly EndedStep[]): Promise<void> => {
    const missing = () => ended.filter(({ request }) => !follower.ends.has(formatKey(request.key)));
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (missing().length > 0) return;
        wakes.delete(look);
        resolve();
      };
      wakes.add(look);
      look();
      void running.then(
        () => reject(new Error(`${missing().length} ends were never told in the stream of many steps`)),
        reject,
      );
    });
    tally.count('streams of many steps: told again after a resume', follower.repeated);
    for (const { request, end } of ended) {
      const here = follower.ends.get(formatKey(request.key));
      if (here !== undefined && summary(here) !== summary(end))
        tally.violation(`the stream of many steps told ${summary(here)}, another one ${summary(end)}`);
    }
  };
  return { told, running };
}
