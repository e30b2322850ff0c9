import { create } from '@bufbuild/protobuf';
import {
  ExecutorService,
  WatchStepsRequestSchema,
  type WatchStepsResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { createClient } from '../../src/cli/client.ts';
import type { Address } from '../../src/config/address.ts';

/** What a reader of all steps has seen until every one of them was over. */
export interface Seen {
  readonly frames: number;
  /** Steps whose end came, by the uid of their Jobs. */
  readonly ends: number;
  /** Ends that came more than once. */
  readonly repeated: number;
  /** Frames of a step that lay behind one that came before. */
  readonly regressed: number;
  /** When the last end came, on the clock of performance.now(). */
  readonly lastEnd: number;
}

export interface Reader {
  /** Resolves when the start was read. */
  readonly synced: Promise<void>;
  /** Resolves when the ends of so many steps were read. */
  readonly done: Promise<Seen>;
  /** Reads nothing from its next frame on, until `go`. */
  pause(): void;
  go(): void;
}

/** Reads all steps in one stream, no faster than it is allowed to. */
export function readAll(address: Address, count: number, patienceMs: number): Reader {
  const client = createClient(ExecutorService, address);
  const leave = AbortSignal.timeout(patienceMs);
  const synced = Promise.withResolvers<void>();
  const furthest = new Map<string, number>();
  const ends = new Set<string>();
  let resumed = Promise.resolve();
  let go = (): void => undefined;
  const read = async (): Promise<Seen> => {
    let [frames, repeated, regressed] = [0, 0, 0];
    try {
      for await (const frame of client.calls.watchSteps(create(WatchStepsRequestSchema), { signal: leave })) {
        frames += 1;
        if (frame.frame.case === 'synced') synced.resolve();
        const step = stepOf(frame);
        if (step?.job !== undefined) {
          const { uid } = step.job;
          const place = step.incarnation * 100 + step.phase;
          if (place < (furthest.get(uid) ?? 0)) regressed += 1;
          furthest.set(uid, place);
          if (step.state >= StepState.SUCCEEDED && ends.has(uid)) repeated += 1;
          if (step.state >= StepState.SUCCEEDED) ends.add(uid);
        }
        if (ends.size === count) break;
        await resumed;
      }
    } finally {
      client.close();
    }
    return { frames, ends: ends.size, repeated, regressed, lastEnd: performance.now() };
  };
  const done = read();
  done.catch((error: unknown) => synced.reject(error));
  return {
    synced: synced.promise,
    done,
    pause() {
      resumed = new Promise((resolve) => {
        go = resolve;
      });
    },
    go: () => go(),
  };
}

function stepOf({ frame }: WatchStepsResponse): Step | undefined {
  return frame.case === 'snapshot' ? frame.value : frame.case === 'update' ? frame.value.step : undefined;
}
