import type { LogStore } from '../../../src/job/ports.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import type { Random } from '../../faults/random.ts';

/** What a simulated node does beside its work. */
export interface Mischief {
  /** Shares of 1: an answer is cut off with an error, or ends in good order before its end. */
  readonly breaks: number;
  readonly endsEarly: number;
  /** A question is refused for the moment; so many in a row at most. */
  readonly refuses: number;
  readonly refusesInARow?: number;
  /** A following answer goes to a new file although the old one has some lines more. */
  readonly skips: number;
}

interface Written {
  readonly time: string;
  readonly text: string;
}

/** A container's log as a node has it: files of which the newest can be read, as the kubelet reads it. */
export interface SimulatedLog {
  readonly store: LogStore;
  /** Texts of everything that was written. */
  readonly written: readonly string[];
  /** Milliseconds since 1970, by its clock. */
  readonly now: () => number;
  pass(ms: number): void;
  readonly ended: boolean;
  /** `paceMs`: what may pass between two lines. */
  write(lines: number, paceMs?: readonly number[]): void;
  /** `afterMs`: how long it takes until the kubelet looks. */
  rotate(afterMs?: number): void;
  /** The container ends. */
  end(): void;
}

const smallestFile = 600_000;
const second = 1_795_797_447;
const timeOf = (ms: number, nanos: number): string =>
  `${new Date(second * 1000 + ms).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;

const unavailable = () =>
  new ExecutorError({ code: 'UNAVAILABLE', reason: 'KUBERNETES_UNAVAILABLE', message: 'not now' });

/** `lineLength`: lines of some length fill a file sooner. */
export function simulateLog(random: Random, mischief: Mischief, lineLength = 0): SimulatedLog {
  let files: Written[][] = [[]];
  const written: string[] = [];
  let clock = 0;
  let ended = false;
  let changes = Promise.withResolvers<void>();
  const changed = () => {
    changes.resolve();
    changes = Promise.withResolvers<void>();
  };
  const newest = () => files.at(-1) ?? [];
  let refused = 0;
  const refuses = (): boolean => {
    const { refusesInARow = Number.POSITIVE_INFINITY } = mischief;
    refused = chance(mischief.refuses) && refused < refusesInARow ? refused + 1 : 0;
    return refused > 0;
  };
  const chance = (share: number) => random.next() < share;

  const store: LogStore = {
    async openLog(_pod, { follow, since, tailLines, limitBytes }, signal) {
      if (refuses()) throw unavailable();
      return answer();

      async function* answer(): AsyncGenerator<Buffer> {
        let file = newest();
        let at = tailLines === undefined ? 0 : Math.max(0, file.length - tailLines);
        const sinceMs = since === undefined ? 0 : Date.parse(since);
        let left = limitBytes ?? Number.POSITIVE_INFINITY;
        for (;;) {
          signal.throwIfAborted();
          if (chance(mischief.breaks)) throw unavailable();
          // An answer of a few lines is written at once, and is not cut in between.
          if (tailLines === undefined && limitBytes === undefined && chance(mischief.endsEarly)) return;
          const isLast = file === newest();
          const leaves = !isLast && file.length - at < 10 && chance(mischief.skips);
          const readable = leaves ? at : file.length;
          const some = file.slice(at, Math.min(readable, at + random.between(1, 7)));
          at += some.length;
          const text = some
            .filter(({ time }) => Date.parse(time) >= sinceMs)
            .map((line) => `${line.time} ${line.text}\n`)
            .join('');
          if (text !== '') yield Buffer.from(text).subarray(0, left);
          left -= text.length;
          if (left <= 0) return;
          if (some.length > 0) continue;
          if (!isLast && follow) [file, at] = [newest(), 0];
          else if (!follow || ended) return;
          else await Promise.race([changes.promise, aborted(signal)]);
        }
      }
    },
  };
  return {
    store,
    written,
    write(lines, paceMs = [0.001, 1, 400]) {
      for (let i = 0; i < lines; i += 1) {
        // Some lines have the same time.
        if (chance(0.7)) clock += random.pick(paceMs);
        const nanos = Math.floor((clock % 1000) * 1e6);
        const line = { time: timeOf(clock, nanos), text: `line ${written.length} `.padEnd(lineLength, '.') };
        newest().push(line);
        written.push(line.text);
      }
      changed();
    },
    now: () => second * 1000 + clock,
    pass(ms) {
      clock += ms;
    },
    get ended() {
      return ended;
    },
    rotate(afterMs = 3_000) {
      // No node begins a new file before the old one has some size.
      if (newest().length * lineLength < smallestFile && lineLength > 0) return;
      // The kubelet looks every 3 s at the fastest, and for the first time when it likes.
      clock += afterMs;
      files = [...files, []];
      changed();
    },
    end() {
      ended = true;
      changed();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
