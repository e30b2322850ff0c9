import type { Synced, WatchStepsResponse } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { RpcError } from '../../src/cli/rpc-error.ts';
import { readFrames } from './frames.ts';
import { place } from './states.ts';

/** A stream of many steps that is read as fast as it comes. */
export interface WatchSteps {
  readonly frames: readonly WatchStepsResponse[];
  /** Cursor of the last frame; empty before the first. */
  readonly cursor: string;
  /** Resolves with the frame that says that the start is over. */
  readonly synced: () => Promise<Synced>;
  when<T>(what: string, look: () => T | undefined | false): Promise<T>;
  /** The first step told of that run and name, past or future, that fits. */
  until(what: string, key: { runId: string; stepId: string }, fits: (step: Step) => boolean): Promise<Step>;
  /** What was told of one step, in words: `snapshot RUNNING/RUNNING`, `replayed FINISHED/FAILED`, `forgotten`. */
  story(key: { runId: string; stepId: string }): readonly string[];
  readonly ended: Promise<RpcError | undefined>;
  close(): void;
}

export function openWatchSteps(
  open: (signal: AbortSignal) => AsyncIterable<WatchStepsResponse>,
  closing: AbortSignal,
): WatchSteps {
  const { frames, when, ended, close } = readFrames({ open, closing, describe });
  return {
    frames,
    get cursor() {
      return frames.at(-1)?.cursor ?? '';
    },
    synced: () =>
      when('the end of the start', () => {
        for (const { frame } of frames) if (frame.case === 'synced') return frame.value;
        return undefined;
      }),
    when,
    until: (what, key, fits) =>
      when(what, () =>
        frames.map(stepIn).find((step) => step !== undefined && isOf(step, key) && fits(step)),
      ),
    story: (key) => frames.flatMap((frame) => (isOf(frame, key) ? words(frame) : [])),
    ended,
    close,
  };
}

/** The step that a frame carries, if it does. */
export function stepIn({ frame }: WatchStepsResponse): Step | undefined {
  if (frame.case === 'snapshot') return frame.value;
  return frame.case === 'update' ? frame.value.step : undefined;
}

function isOf(
  told: Step | WatchStepsResponse,
  { runId, stepId }: { runId: string; stepId: string },
): boolean {
  const key = 'frame' in told ? keyIn(told) : told.key;
  return key?.runId === runId && key.stepId === stepId;
}

const keyIn = (told: WatchStepsResponse) =>
  told.frame.case === 'forgotten' ? told.frame.value.key : stepIn(told)?.key;

function words({ frame }: WatchStepsResponse): readonly string[] {
  switch (frame.case) {
    case 'snapshot':
      return [`snapshot ${place(frame.value)}`];
    case 'update': {
      const { step, transition, replayed } = frame.value;
      if (step === undefined) throw new Error('an update without a step');
      if (replayed) return [`replayed ${place(step)}`];
      return [transition === undefined ? `changed ${place(step)}` : `update ${place(transition)}`];
    }
    case 'forgotten':
      return ['forgotten'];
    default:
      return [];
  }
}

const describe = (frames: readonly WatchStepsResponse[]): string =>
  `${
    frames
      .slice(-20)
      .map((f) => `${keyIn(f)?.stepId ?? f.frame.case} ${words(f)}`)
      .join(', ') || 'nothing'
  }`;
