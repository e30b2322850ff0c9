import type { WatchStepResponse } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step, Transition } from '../../gen/glip/executor/v1/step_pb.js';
import type { RpcError } from '../../src/cli/rpc-error.ts';
import { readFrames } from './frames.ts';
import { isFinal, stateName } from './states.ts';

export type Frame = WatchStepResponse['frame'];

/** A stream that is read as fast as it comes. */
export interface Watch {
  /** Everything received so far; grows. */
  readonly frames: readonly WatchStepResponse[];
  /** Cursor of the last frame; empty before the first. */
  readonly cursor: string;
  /** The step as the last frame that carried one has it. */
  readonly step: Step | undefined;
  /** The first frame, past or future, that fits. Rejects when the stream ends or the time is over before. */
  frame(what: string, fits: (frame: WatchStepResponse) => boolean): Promise<WatchStepResponse>;
  /** What `look` finds in the frames, now or after a later one. */
  when<T>(what: string, look: () => T | undefined | false): Promise<T>;
  /** The first step told, past or future, that fits. */
  until(what: string, fits: (step: Step) => boolean): Promise<Step>;
  /** Resolves when the stream has ended: undefined for OK. */
  readonly ended: Promise<RpcError | undefined>;
  /** The last step after the stream has ended with OK. */
  final(): Promise<Step>;
  /** Transitions that this stream told one by one, after its snapshot. */
  transitions(): readonly Transition[];
  close(): void;
}

export function openWatch(
  open: (signal: AbortSignal) => AsyncIterable<WatchStepResponse>,
  closing: AbortSignal,
): Watch {
  const stream = readFrames({ open, closing, describe });
  const { frames, when: first, ended, close } = stream;
  const frame = (what: string, fits: (frame: WatchStepResponse) => boolean) =>
    first(what, () => frames.find(fits));
  return {
    frames,
    get cursor() {
      return frames.at(-1)?.cursor ?? '';
    },
    get step() {
      return frames.map(stepOf).findLast((step) => step !== undefined);
    },
    frame,
    when: first,
    until: (what, fits) =>
      first(what, () => frames.map(stepOf).find((step) => step !== undefined && fits(step))),
    ended,
    async final() {
      const end = await first('the end of the stream', () => stream.over);
      const step = frames.map(stepOf).findLast((s) => s !== undefined);
      if (end.error !== undefined) throw end.error;
      if (step === undefined || !isFinal(step))
        throw new Error(`the stream ended with OK after ${describe(frames)}`);
      return step;
    },
    transitions: () =>
      frames.flatMap(({ frame }) => (frame.case === 'update' ? (frame.value.transition ?? []) : [])),
    close,
  };
}

/** The step that a frame carries, if it does. */
export function stepOf({ frame }: WatchStepResponse): Step | undefined {
  if (frame.case === 'snapshot') return frame.value;
  return frame.case === 'update' ? frame.value.step : undefined;
}

/** The states and waits that a stream has told, and how many frames told nothing. */
function describe(frames: readonly WatchStepResponse[]): string {
  const words = frames.flatMap((frame) => {
    const step = stepOf(frame);
    return step === undefined
      ? []
      : `${stateName(step)} ${step.waiting?.reason ?? step.outcome?.reason ?? ''}`.trim();
  });
  return `${words.join(', ') || 'nothing'}, and ${frames.length - words.length} frames without a step`;
}
