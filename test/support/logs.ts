import type {
  LogGap,
  LogLine,
  LogSource,
  StreamLogsResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { RpcError } from '../../src/cli/rpc-error.ts';
import { readFrames } from './frames.ts';

/** A stream of a log that is read as fast as it comes. */
export interface Logs {
  readonly frames: readonly StreamLogsResponse[];
  /** Cursor of the last frame; empty before the first. */
  readonly cursor: string;
  readonly lines: readonly LogLine[];
  readonly texts: readonly string[];
  readonly gaps: readonly LogGap[];
  readonly sources: readonly LogSource[];
  when<T>(what: string, look: () => T | undefined | false): Promise<T>;
  /** Resolves when the stream has ended: undefined for OK. */
  readonly ended: Promise<RpcError | undefined>;
  /** The texts after the stream has ended with OK. */
  whole(): Promise<readonly string[]>;
  close(): void;
}

export function openLogs(
  open: (signal: AbortSignal) => AsyncIterable<StreamLogsResponse>,
  closing: AbortSignal,
): Logs {
  const stream = readFrames({ open, closing, describe });
  const { frames, when, ended, close } = stream;
  return {
    frames,
    get cursor() {
      return frames.at(-1)?.cursor ?? '';
    },
    get lines() {
      return linesOf(frames);
    },
    get texts() {
      return linesOf(frames).map(({ text }) => text);
    },
    get gaps() {
      return gapsOf(frames);
    },
    get sources() {
      return frames.flatMap(({ frame }) => (frame.case === 'source' ? [frame.value] : []));
    },
    when,
    ended,
    async whole() {
      const end = await when('the end of the stream', () => stream.over);
      if (end.error !== undefined) throw end.error;
      return linesOf(frames).map(({ text }) => text);
    },
    close,
  };
}

const linesOf = (frames: readonly StreamLogsResponse[]): readonly LogLine[] =>
  frames.flatMap(({ frame }) => (frame.case === 'lines' ? frame.value.lines : []));

const gapsOf = (frames: readonly StreamLogsResponse[]): readonly LogGap[] =>
  frames.flatMap(({ frame }) => (frame.case === 'gap' ? [frame.value] : []));

const describe = (frames: readonly StreamLogsResponse[]): string =>
  `${linesOf(frames).length} lines and ${gapsOf(frames).length} gaps`;
