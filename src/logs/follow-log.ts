import { agentContainer } from '../job/observation.ts';
import type { EventLog } from '../step/event-log.ts';
import { isFinal } from '../step/state.ts';
import { containerOf, logsForbidden, logsGone, neverStarted, notStarted } from './errors.ts';
import type { GapReason, LogEvent } from './events.ts';
import type { Goal } from './goal.ts';
import type { PodSight } from './pod-sight.ts';
import type { Position } from './position.ts';
import { type Progress, progressOf } from './progress.ts';
import { readContainer } from './read-container.ts';
import type { ReadDeps, ReadEnd, Selection } from './reading.ts';
import { Waits, type WaitsDeps } from './waits.ts';

export type FollowLogDeps = ReadDeps & WaitsDeps;

export interface LogWish {
  readonly container: string;
  readonly follow: boolean;
  readonly selection: Selection;
  /** To go on from. */
  readonly from: Position | undefined;
}

type Said<T> = AsyncGenerator<LogEvent, T, undefined>;

/**
 * The log of a step's container, whatever happens on the way: each line once and in order, and a gap wherever lines are missing, or may be.
 * Ends when the end of the log is proven; throws what cannot be waited out.
 */
export async function* followLog(
  deps: FollowLogDeps,
  wish: LogWish,
  log: EventLog,
  signal: AbortSignal,
): AsyncGenerator<LogEvent, void, undefined> {
  const { container: name, follow, selection } = wish;
  const waits = new Waits(deps, log, follow, signal);
  /** Pods whose logs are read to their end, or gone. */
  const done = new Set<string>();
  /** Undefined while no pod is chosen. */
  let position = wish.from;
  let told = '';
  let last: ReadEnd | undefined;
  let cursorLost = false;
  /** The last lines were asked for, once already, and none has come: what was written since is not among those of now. */
  let doubted = false;

  const isOver = (): boolean => isFinal(log.current.state);
  const said = (event: 'quiet' | GapReason): LogEvent =>
    event === 'quiet'
      ? { kind: 'quiet', position }
      : { kind: 'gap', reason: event, after: position?.line?.time, position };
  const wait = async function* <T>(waiting: AsyncGenerator<'quiet', T>): Said<T> {
    for (;;) {
      const step = await waiting.next();
      if (step.done) return step.value;
      yield said('quiet');
    }
  };
  const finish = (uid: string): void => {
    done.add(uid);
    position = undefined;
    last = undefined;
  };

  for (;;) {
    const seen = log.head;
    if (done.size > 0 && position === undefined) {
      // Where the pod of a cursor is gone, or is none of the step's, what is left to read is the one of now.
      if (!(follow ? name === agentContainer : cursorLost)) return;
      // The end of the agent is that of the step, unless Kubernetes replaces its pod.
      const current = log.current.pod?.uid ?? '';
      if (current === '' || done.has(current)) {
        if (isOver() || !follow) return;
        yield* wait(waits.change(seen));
        continue;
      }
    }
    const pods = yield* wait(waits.pods());
    const pod = choose(pods);
    if (pod !== undefined) {
      const sight = containerOf(pod, name);
      if (sight.state === 'never') throw neverStarted(log.current);
      if (sight.state === 'ended') yield* wait(waits.settled(pod.ref, sight.endTime));
      if (sight.state !== 'waiting') yield* read(pod, sight.state === 'ended', sight.startTime);
      else if (isOver()) throw neverStarted(log.current);
      else if (!follow) throw notStarted(log.current, sight.reason);
      else if (name === agentContainer) yield* wait(waits.change(seen));
      // Nothing tells when another container starts.
      else yield* wait(waits.pause());
    } else if (position !== undefined) yield* lost(position);
    else if (done.size > 0) {
      if (isOver()) return;
      yield* wait(waits.change(seen));
    } else if (isOver()) {
      throw log.current.outcome?.mayHaveStarted === false ? neverStarted(log.current) : logsGone(log.current);
    } else if (follow) yield* wait(waits.change(seen));
    else throw notStarted(log.current, '');
  }

  /**
   * The position's pod. Without a position the one that tells the step's story: of others, some never start. Undefined where it is not
   * there.
   */
  function choose(pods: readonly PodSight[]): PodSight | undefined {
    const wanted = position?.pod ?? log.current.pod?.uid;
    const newest = position === undefined ? pods.at(-1) : undefined;
    const pod = pods.find(({ ref }) => ref.uid === wanted) ?? newest;
    return pod === undefined || done.has(pod.ref.uid) ? undefined : pod;
  }

  /** One reading. */
  async function* read(pod: PodSight, ended: boolean, startTime: number | undefined): Said<void> {
    const { uid } = pod.ref;
    const from = position ?? { pod: uid, container: name };
    position = from;
    if (told !== uid) yield { kind: 'source', pod: pod.ref, container: name, position };
    told = uid;
    const goes = follow && !ended;
    const goal = goes ? undefined : yield* wait(waits.goal(pod.ref, name));
    if (goal === 'try-again') return;
    // What is asked for by a cursor may be read already.
    const before =
      from.line === undefined ? 'again' : progressOf({ position: from, goal, ended, selection: {} });
    const reached = before === 'again' ? yield* readOnce(pod, goal, goes, ended, startTime, from) : before;
    if (reached === 'again') return;
    if (reached !== 'done') yield said(reached);
    finish(uid);
  }

  async function* readOnce(
    pod: PodSight,
    goal: Goal | undefined,
    goes: boolean,
    ended: boolean,
    startTime: number | undefined,
    from: Position,
  ): Said<Progress> {
    const isAgain = last !== undefined || wish.from !== undefined;
    if (isAgain && !doubted && from.line === undefined && selection.tailLines !== undefined) {
      doubted = true;
      yield said('BEGINNING');
    }
    const target = { pod: pod.ref, jobUid: log.current.job.uid, container: name, startTime };
    const linger = waits.whenOver();
    try {
      const giveUp = goes ? linger.signal : signal;
      last = yield* readContainer(deps, target, { follow: goes, from, selection, goal, giveUp }, signal);
    } finally {
      linger.clear();
    }
    const { how, error, gained } = last;
    position = last.position;
    if (how === 'forbidden') throw logsForbidden();
    waits.progressed(gained);
    const progress = progressOf({ position, goal, ended, selection, read: last });
    if (progress !== 'again') return progress;
    if (how === 'gone' && waits.isHopeless()) return 'POD_GONE';
    if (how === 'orderly' && !goes && waits.isHopeless()) return 'UNREADABLE';
    if (error !== undefined) waits.tolerate(error);
    yield* wait(waits.pause());
    return 'again';
  }

  /** The pod is gone. Nothing is missing if the answer ended by itself, and behind the end of the container. */
  async function* lost({ pod: uid }: Position): Said<void> {
    const isItsEnd = () => isOver() || (log.current.pod?.uid ?? uid) !== uid;
    for (let head = log.head; follow && !isItsEnd(); head = log.head) yield* wait(waits.change(head));
    const { pod, outcome } = log.current;
    const endTime = isOver() && pod?.uid === uid ? outcome?.endTime : undefined;
    const complete = last?.how === 'orderly' && endTime !== undefined && endTime <= last.nodeTime;
    if (!complete) yield said('POD_GONE');
    cursorLost ||= uid === wish.from?.pod;
    finish(uid);
  }
}
