import type { LogStore } from '../job/ports.ts';
import { createLineReader } from './log-line.ts';
import { compareTimes, type LogTime } from './log-time.ts';
import type { ReadDeps, ReadTarget, Selection } from './reading.ts';
import { isFirstFile } from './resume.ts';

/** Enough for the time of a line. */
const headBytes = 48;

/**
 * Whether lines that were asked for may be missing before the first one of an answer (undefined where it had none): the node shows its
 * newest file alone, and nothing tells a second file from the first one but that the first begins when the container does.
 */
export async function missesBeginning(
  { store, now }: Pick<ReadDeps, 'now'> & { readonly store: LogStore },
  { pod, container, startTime }: ReadTarget,
  { tailLines, since }: Selection,
  first: LogTime | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (tailLines === 0) return false;
  const head =
    tailLines === undefined && since === undefined ? first : await firstTime(store, pod, container, signal);
  if (head === undefined) return !isFirstFile({ seconds: now() / 1_000, nanos: 0 }, startTime);
  if (since !== undefined && compareTimes(head, since) <= 0) return false;
  if (tailLines !== undefined && first !== undefined && compareTimes(head, first) < 0) return false;
  return !isFirstFile(head, startTime);
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
