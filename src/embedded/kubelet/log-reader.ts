import { type FileHandle, open } from 'node:fs/promises';
import type { LogFile } from './log-file.ts';

export type LogOptions = {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** RFC 3339; lines before it are left out. */
  readonly since?: string;
  readonly limitBytes?: number;
};

const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;

/** A file of a log being read. */
type Source = { readonly number: number; readonly file: FileHandle };

/** The file of that number, or the oldest after it that is still there; undefined when the log itself has been removed. */
async function openFrom(log: LogFile, number: number): Promise<Source | undefined> {
  const file = await open(log.pathOf(number)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (file !== undefined) return { number, file };
  return number < log.newest ? openFrom(log, Math.max(number + 1, log.newest - 1)) : undefined;
}

/** Offset of the last `lines` complete lines of a file. */
async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
  let offset = size;
  for (let left = lines; left > 0 && offset > 0; left -= 1)
    offset = buffer.lastIndexOf(NEWLINE, offset - 2) + 1;
  return offset;
}

/** A stored line as the API shows it. Compares times as numbers of their parts: the texts differ in their fractions' length. */
function render(line: Buffer, options: LogOptions, since: bigint): Buffer | undefined {
  const text = line.toString('latin1', 0, 50);
  const [time = '', , flag] = text.split(' ', 3);
  if (since > 0n && nanoseconds(time) < since) return undefined;
  const start = text.indexOf(' ', text.indexOf(' ', time.length + 1) + 1) + 1;
  const body = flag === 'P' ? line.subarray(start) : Buffer.concat([line.subarray(start), Buffer.from('\n')]);
  return options.timestamps ? Buffer.concat([Buffer.from(`${time} `), body]) : body;
}

/** Nanoseconds since the epoch of an RFC 3339 time; NaN dates count as the beginning. */
export function nanoseconds(time: string): bigint {
  const fraction = /\.([0-9]{1,9})/.exec(time)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(time.replace(/\.[0-9]+/, '')) / 1000);
  return Number.isNaN(seconds)
    ? 0n
    : BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0') || '0');
}

/**
 * The lines of a log, from the newest file on. Following ends when the log does. Reads at the consumer's pace and holds one chunk: a
 * consumer that stays behind more than one rotation misses lines, as with a real kubelet.
 */
export async function* readLog(
  log: LogFile,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const since = options.since === undefined ? 0n : nanoseconds(options.since);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let source = await openFrom(log, log.newest);
  if (source === undefined) return;
  let offset = options.tailLines === undefined ? 0 : await tailOffset(source.file, options.tailLines);
  let rest = Buffer.alloc(0);
  signal.addEventListener('abort', log.wake, { once: true });
  try {
    while (!signal.aborted && left > 0) {
      const settled = { ended: log.ended, newest: log.newest };
      const changed = log.changed();
      const { bytesRead, buffer } = await source.file.read(Buffer.alloc(CHUNK), 0, CHUNK, offset);
      offset += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        const shown = render(rest.subarray(0, end), options, since)?.subarray(0, left);
        rest = rest.subarray(end + 1);
        if (shown === undefined) continue;
        left -= shown.length;
        yield shown;
        if (left <= 0) return;
      }
      if (bytesRead > 0) continue;
      if (!options.follow) return;
      if (settled.newest > source.number) {
        const next = await openFrom(log, source.number + 1);
        await source.file.close();
        source = next;
        if (source === undefined) return;
        offset = 0;
      } else if (settled.ended) return;
      else await changed;
    }
  } finally {
    signal.removeEventListener('abort', log.wake);
    await source?.file.close();
  }
}
