import type { LogRead, StepStore } from '../job/ports.ts';
import { ExecutorError } from '../step/errors.ts';
import type { EpochMs } from '../step/step.ts';
import { firstTime, missesBeginning } from './beginning.ts';
import type { LogEvent } from './events.ts';
import type { Goal } from './goal.ts';
import { Intake } from './intake.ts';
import { createLineReader, type LogLine } from './log-line.ts';
import { compareTimes, msOf, rfc3339 } from './log-time.ts';
import { patiently } from './patience.ts';
import { podSights } from './pod-sight.ts';
import type { ReadDeps, ReadEnd, ReadOptions, ReadTarget } from './reading.ts';
import { RotationGuard } from './rotation.ts';
import { isProbeDue, isStalled } from './stall.ts';

/** How often it is asked where the newest file begins, while lines come. */
const askEveryMs = 1_000;
/** How often it is asked in a row where there is no answer. */
const mostQuestions = 3;

type Reading = AsyncGenerator<LogEvent, ReadEnd, undefined>;

/**
 * Reads the log of one container from a position on, once: until the answer ends, however it ends. Reads no faster than what it yields is
 * taken, and holds one chunk.
 */
export async function* readContainer(
  deps: ReadDeps,
  target: ReadTarget,
  options: ReadOptions,
  signal: AbortSignal,
): Reading {
  const upstream = new AbortController();
  const leave = () => upstream.abort(new DOMException('the answer is given up', 'AbortError'));
  signal.addEventListener('abort', leave, { once: true });
  options.giveUp.addEventListener('abort', leave, { once: true });
  const selection = options.from.line === undefined ? options.selection : {};
  const isWhole = options.from.line === undefined && Object.keys(selection).length === 0;
  const rotation = options.follow ? new RotationGuard(isWhole, options.from.line?.time) : undefined;
  const intake = new Intake({ from: options.from, since: selection.since, rotation });
  const end = (how: ReadEnd['how'], error?: unknown): ReadEnd => {
    const { position, gained, leastLagMs } = intake;
    const nodeTime = deps.now() - (Number.isFinite(leastLagMs) ? leastLagMs : 0);
    return { how, position, gained, nodeTime, ...(error !== undefined && { error }) };
  };
  try {
    return end(yield* readAnswer(deps, target, { ...options, selection }, intake, rotation, upstream.signal));
  } catch (error) {
    if (!signal.aborted && upstream.signal.aborted) return end('broken');
    if (signal.aborted || (error instanceof ExecutorError && error.code !== 'UNAVAILABLE')) throw error;
    return end('broken', error);
  } finally {
    signal.removeEventListener('abort', leave);
    options.giveUp.removeEventListener('abort', leave);
    leave();
  }
}

async function* readAnswer(
  { store, now, sleep, quietMs }: ReadDeps,
  target: ReadTarget,
  options: ReadOptions,
  intake: Intake,
  rotation: RotationGuard | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEvent, ReadEnd['how'], undefined> {
  const { selection, goal, from } = options;
  const quiet = (): LogEvent => ({ kind: 'quiet', position: intake.position });
  const answer = yield* quietly(store.openLog(target.pod, whatToRead(target, options), signal));
  if (typeof answer === 'string') return answer;
  // A name may be used again: only what was this pod before the opening and is it afterwards was opened.
  if (!(await isStill(store, target, signal))) return 'gone';

  const reader = createLineReader();
  const chunks = answer[Symbol.asyncIterator]();
  let leastLagMs = Number.POSITIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let began = from.line !== undefined;
  const begins = async (first: LogLine['time']) => {
    began = true;
    return await missesBeginning({ store, now, sleep }, target, selection, first, signal);
  };
  for (;;) {
    const next = yield* watched(chunks.next());
    if (next === 'stalled') return 'broken';
    if (next.done) break;
    const readAt = now();
    for (const piece of pieces(next.value)) {
      const lines = [...reader.lines(piece)];
      yield* proven(lines, readAt);
      for (const line of lines) yield* take(line, readAt);
      yield* intake.flush();
    }
  }
  const rest = reader.rest();
  if (rest !== undefined && isLast(rest, goal)) yield* take(rest, now());
  yield* intake.flush();
  // Where more is to come, its first line tells.
  if (!began && !options.follow && (await begins(undefined))) yield intake.gap('BEGINNING');
  return 'orderly';

  /** Asks where the newest file begins, once a second at most, before lines are told that may be of a file that nobody knows. */
  async function* proven(
    lines: readonly LogLine[],
    readAt: EpochMs,
  ): AsyncGenerator<LogEvent, void, undefined> {
    const oldest = lines.find(({ time }) => time !== undefined)?.time;
    const newest = lines.findLast(({ time }) => time !== undefined)?.time;
    if (rotation === undefined || oldest === undefined || newest === undefined) return;
    rotation.met(oldest);
    leastLagMs = Math.min(leastLagMs, readAt - msOf(newest));
    if (!rotation.isDoubtful(newest)) return;
    for (let attempts = 1; ; attempts += 1) {
      // Behind who waits lines gather, and one question is for all of them.
      const waitMs = askedAt + askEveryMs - now();
      if (waitMs > 0) yield* quietly(sleep(waitMs, signal));
      askedAt = now();
      const nodeMs = askedAt - leastLagMs;
      try {
        const head = yield* quietly(firstTime(store, target.pod, target.container, signal));
        const maybeMore = head === undefined ? rotation.askedInVain(nodeMs) : rotation.asked(head, nodeMs);
        if (maybeMore) yield intake.gap('ROTATED');
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        if (attempts < mostQuestions) continue;
        rotation.askedInVain(nodeMs);
        yield intake.gap('ROTATED');
        return;
      }
    }
  }

  async function* take(line: LogLine, readAt: EpochMs): AsyncGenerator<LogEvent, void, undefined> {
    if (!began && intake.isWanted(line) && (await begins(line.time))) yield intake.gap('BEGINNING');
    const events = intake.take(line, readAt);
    if (events.length > 0) yield* events;
  }

  async function* quietly<T>(work: Promise<T>): AsyncGenerator<LogEvent, T, undefined> {
    const waiting = patiently(work, quietMs, signal);
    for (;;) {
      const step = await waiting.next();
      if (step.done) return step.value;
      yield quiet();
    }
  }

  async function* watched<T>(work: Promise<T>): AsyncGenerator<LogEvent, T | 'stalled', undefined> {
    const waiting = patiently(work, quietMs, signal);
    for (let silences = 1; ; silences += 1) {
      const step = await waiting.next();
      if (step.done) return step.value;
      yield quiet();
      if (isProbeDue(silences) && (await isStalled(store, target, intake.position, signal))) return 'stalled';
    }
  }
}

function whatToRead({ container }: ReadTarget, { follow, from, selection }: ReadOptions): LogRead {
  const { tailLines } = selection;
  const since = from.line?.time ?? selection.since;
  return {
    container,
    follow,
    ...(since !== undefined && { since: rfc3339(since) }),
    ...(tailLines !== undefined && { tailLines }),
  };
}

/** Lines take more room than their text; those of a slow reader wait as text. */
const pieceBytes = 8 * 1024;

function* pieces(chunk: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < chunk.length; start += pieceBytes)
    yield chunk.subarray(start, start + pieceBytes);
}

async function isStill(
  store: Pick<StepStore, 'listPods'>,
  { pod: { namespace, name, uid }, jobUid }: ReadTarget,
  signal: AbortSignal,
): Promise<boolean> {
  const pods = podSights(await store.listPods(namespace, jobUid, signal));
  return pods.some(({ ref }) => ref.uid === uid && ref.name === name);
}

/** A line without an end is one only where the log is known to end so: elsewhere the answer was cut in the middle. */
function isLast({ time, text }: LogLine, goal: Goal | undefined): boolean {
  if (typeof goal !== 'object' || goal.open === undefined || time === undefined) return false;
  return compareTimes(time, goal.time) === 0 && text.startsWith(goal.open);
}
