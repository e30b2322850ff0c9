import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** One container's output on disk, in the CRI's format: `TIME STREAM F|P TEXT`, in numbered files of which the last two are kept. */
export type LogFile = {
  /** Takes output of one stream as it comes; lines are stamped when they are complete. */
  append(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** No more will come: what is left of an unfinished line is written. */
  end(): void;
  readonly ended: boolean;
  /** Number of the newest file. */
  readonly newest: number;
  pathOf(number: number): string;
  /** Resolves at the next change, at once when it has ended. */
  changed(): Promise<void>;
  /** Resolves what waits for a change, without one. */
  wake(): void;
};

const ROTATE_AT = 10 * 1024 * 1024;
/** As the kubelet: how often it is looked at the size. */
const LOOK_EVERY_MS = 10_000;
/** Longer lines are split, as container runtimes do. */
const LONGEST_LINE = 16 * 1024;
const NEWLINE = 0x0a;

const microseconds = () => (performance.timeOrigin + performance.now()) * 1000;

/** RFC 3339 times with nanoseconds; each is later than the one before, so that a reader can resume exactly. */
export function createStamps(clock: () => number = microseconds): () => string {
  let last = 0n;
  return () => {
    const now = BigInt(Math.floor(clock())) * 1000n;
    last = now > last ? now : last + 1n;
    const seconds = new Date(Number(last / 1_000_000n)).toISOString().slice(0, 19);
    return `${seconds}.${String(last % 1_000_000_000n).padStart(9, '0')}Z`;
  };
}

/** Writes are synchronous: they go to the page cache, keep the order of the streams, and leave nothing to lose at the end. */
export function createLogFile(directory: string, rotateAt = ROTATE_AT, lookEveryMs = LOOK_EVERY_MS): LogFile {
  mkdirSync(directory, { recursive: true });
  const stamp = createStamps();
  const pathOf = (number: number) => join(directory, `${number}.log`);
  const pending: Record<'stdout' | 'stderr', Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let number = 0;
  let size = 0;
  let lookedAt = performance.now();
  let descriptor = openSync(pathOf(0), 'a');
  let ended = false;
  let waiters: (() => void)[] = [];

  const wake = () => {
    const woken = waiters;
    waiters = [];
    for (const resolve of woken) resolve();
  };

  const rotate = () => {
    closeSync(descriptor);
    number += 1;
    size = 0;
    lookedAt = performance.now();
    descriptor = openSync(pathOf(number), 'a');
    rmSync(pathOf(number - 2), { force: true });
  };

  const writeLine = (stream: string, flag: 'F' | 'P', text: Buffer) => {
    if (size >= rotateAt && performance.now() - lookedAt >= lookEveryMs) rotate();
    const line = Buffer.concat([Buffer.from(`${stamp()} ${stream} ${flag} `), text, Buffer.from('\n')]);
    writeSync(descriptor, line);
    size += line.length;
  };

  return {
    append(stream, chunk) {
      if (ended) return;
      let rest = pending[stream].length === 0 ? chunk : Buffer.concat([pending[stream], chunk]);
      for (;;) {
        const end = rest.subarray(0, LONGEST_LINE).indexOf(NEWLINE);
        if (end < 0 && rest.length < LONGEST_LINE) break;
        writeLine(stream, end < 0 ? 'P' : 'F', rest.subarray(0, end < 0 ? LONGEST_LINE : end));
        rest = rest.subarray(end < 0 ? LONGEST_LINE : end + 1);
      }
      pending[stream] = Buffer.from(rest);
      wake();
    },
    end() {
      if (ended) return;
      for (const stream of ['stdout', 'stderr'] as const) {
        if (pending[stream].length > 0) writeLine(stream, 'P', pending[stream]);
      }
      ended = true;
      closeSync(descriptor);
      wake();
    },
    get ended() {
      return ended;
    },
    get newest() {
      return number;
    },
    pathOf,
    wake,
    changed: () => (ended ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}
