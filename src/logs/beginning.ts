import type { LogStore } from '../job/ports.ts';
import { createLineReader } from './log-line.ts';
import { compareTimes, type LogTime, msOf } from './log-time.ts';
import type { ReadDeps, ReadTarget, Selection } from './reading.ts';
import { firstWordMs, isFirstFile } from './resume.ts';
import { smallestFile } from './rotation.ts';

/** Enough for the time of a line. */
const headBytes = 48;

type BeginningDeps = Pick<ReadDeps, 'now' | 'sleep'> & { readonly store: LogStore };

/**
 * Whether lines that were asked for may be missing before the first one of an answer (undefined where it had none): the node shows its
 * newest file alone, and nothing tells a second file from the first one but that the first begins when the container does, and that a file
 * takes its time to be filled.
 */
export async function missesBeginning(
  deps: BeginningDeps,
  target: ReadTarget,
  { tailLines, since }: Selection,
  first: LogTime | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, now } = deps;
  const { pod, container, startTime } = target;
  if (tailLines === 0) return false;
  const head =
    tailLines === undefined && since === undefined ? first : await firstTime(store, pod, container, signal);
  if (head === undefined) return !isFirstFile({ seconds: now() / 1_000, nanos: 0 }, startTime);
  if (since !== undefined && compareTimes(head, since) <= 0) return false;
  if (tailLines !== undefined && first !== undefined && compareTimes(head, first) < 0) return false;
  return !isFirstFile(head, startTime) || (await isTorrent(deps, target, head, signal));
}

const sampleBytes = 64 * 1024;
/** For a sample of a file that has just begun; how old one may look by clocks that differ. */
const sampleMs = 500;
const youngMs = 2_500;

/**
 * Whether a file begins with so much in so little time that another one may have been filled before it, in the time in which the first word
 * was to be expected: the kubelet looks for files that are too large whenever it likes, also right behind the container's start.
 */
async function isTorrent(
  { store, now, sleep }: BeginningDeps,
  { pod, container }: ReadTarget,
  head: LogTime,
  signal: AbortSignal,
): Promise<boolean> {
  const fast = async (): Promise<boolean | 'little'> => {
    const answer = await store.openLog(pod, { container, follow: false, limitBytes: sampleBytes }, signal);
    if (typeof answer === 'string') return true;
    const reader = createLineReader();
    let bytes = 0;
    let last = head;
    for await (const chunk of answer) {
      bytes += chunk.length;
      for (const { time } of reader.lines(chunk)) last = time ?? last;
    }
    const ms = msOf(last) - msOf(head);
    if (bytes < sampleBytes && ms < sampleMs) return 'little';
    return bytes >= sampleBytes && bytes / smallestFile > ms / firstWordMs;
  };
  const at = await fast();
  if (at !== 'little') return at;
  if (now() - msOf(head) > youngMs) return false;
  await sleep(sampleMs, signal);
  return (await fast()) === true;
}

/** When the first line of the newest file was written; undefined where there is none. Throws where nobody can tell. */
export async function firstTime(
  store: LogStore,
  pod: ReadTarget['pod'],
  container: string,
  signal: AbortSignal,
): Promise<LogTime | undefined> {
  const answer = await store.openLog(pod, { container, follow: false, limitBytes: headBytes }, signal);
  if (typeof answer === 'string') return undefined;
  const reader = createLineReader();
  for await (const chunk of answer) for (const line of reader.lines(chunk)) return line.time;
  return reader.rest()?.time;
}
