import { open, readFile } from 'node:fs/promises';
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

/** Offset of the last `lines` complete lines of a file. */
async function tailOffset(path: string, lines: number): Promise<number> {
  const content = await readFile(path);
  let offset = content.length;
  for (let left = lines; left > 0 && offset > 0; left -= 1)
    offset = content.lastIndexOf(NEWLINE, offset - 2) + 1;
  return lines === 0 ? content.length : offset;
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
  let number = log.newest;
  let offset = options.tailLines === undefined ? 0 : await tailOffset(log.pathOf(number), options.tailLines);
  let file = await open(log.pathOf(number));
  let rest = Buffer.alloc(0);
  try {
    while (!signal.aborted && left > 0) {
      const settled = { ended: log.ended, newest: log.newest };
      const changed = log.changed();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, offset);
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
      if (settled.newest > number) {
        await file.close();
        number = Math.max(number + 1, settled.newest - 1);
        file = await open(log.pathOf(number));
        offset = 0;
      } else if (settled.ended) return;
      else await Promise.race([changed, aborted(signal)]);
    }
  } finally {
    await file.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
