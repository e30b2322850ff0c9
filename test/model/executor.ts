import { historyPatch } from '../../src/job/life.ts';
import type { JobView, Observation } from '../../src/job/observation.ts';
import { openPatch } from '../../src/job/one-start.ts';
import { recordOf } from '../../src/job/record.ts';
import { stopPatch } from '../../src/job/stop.ts';
import { isFinal } from '../../src/step/state.ts';
import { patched, patchedPod } from './api.ts';
import type { Action } from './explore.ts';
import { executorClock, type Knowledge, type Parts } from './knowledge.ts';
import { jobUid } from './objects.ts';
import { type Flight, newReplica, type Replica } from './replica.ts';
import { adopt, jobChange, newest, shown, views } from './views.ts';
import { happened, mayHappen, type Sight, type World } from './world.ts';

/** What the executors may do next. What they know and write is said by the real code; the way there is the settler's and the timeouts'. */
export function* executors(w: World, nothing: Knowledge, parts: Parts): Generator<Action<World>> {
  for (const [i, replica] of w.replicas.entries()) {
    const name = w.replicas.length === 1 ? 'executor' : `executor ${'AB'[i]}`;
    const after = (next: Replica, world = w): World => ({
      ...world,
      replicas: world.replicas.map((r, at) => (at === i ? next : r)),
    });
    for (const { label, next, optional } of views(w, replica))
      yield { label: `${name} ${label}`, next: after(next), ...(optional && { optional }) };
    for (const { label, next, optional } of [...settle(w, replica, parts), ...end(w, replica, parts)])
      yield {
        label: `${name} ${label}`,
        next: after(next.replica, next.world),
        ...(optional && { optional }),
      };
    if (mayHappen(w, 'crash') && replica.knowledge !== nothing)
      yield {
        label: `${name} is killed and starts again`,
        next: happened(after(newReplica(nothing, replica.restarts + 1)), 'crash'),
        optional: true,
      };
  }
}

interface Both {
  readonly world: World;
  readonly replica: Replica;
}

const jobGone: Observation = { kind: 'job-gone', jobUid };
const noMorePods: Observation = { kind: 'no-more-pods', jobUid };

/** observe/settler.ts and notes.ts: confirm what is absent, then record, then tell. Each way of a request is a step. */
function* settle(world: World, replica: Replica, parts: Parts): Generator<Action<Both>> {
  const { flight, knowledge } = replica;
  const { verdict, step } = knowledge;
  if (flight?.kind === 'pods') {
    const found = adopt(world, { ...replica, flight: undefined }, flight.found);
    const read = flight.timeout ? readJob(found, flight.job) : shown(found, [noMorePods]);
    const next = flight.timeout && isDue(world, read) ? stop(world, read) : { world, replica: read };
    const ended =
      next.world === world ? '' : `, and ends the step for ${read.knowledge.verdict?.deadline?.cause}`;
    yield { label: `is answered that there are ${flight.found.length} pods${ended}`, next };
  } else if (flight?.kind === 'start') {
    yield starts(world, replica, flight.of, parts);
  } else if (flight !== undefined) {
    yield arrives(world, replica, flight, parts);
  } else if (verdict?.end !== undefined && step !== undefined && !isFinal(step.state)) {
    const { basis, state } = verdict.end;
    if (basis === 'absence') yield asks(world, replica, false);
    else if (basis === 'proposed') {
      const next = { ...replica, flight: { kind: 'record', of: knowledge } as const };
      yield { label: `sends ${state} to be recorded`, next: { world, replica: next } };
    }
  } else if (verdict?.replaced !== undefined) {
    const next = { ...replica, flight: { kind: 'history', of: knowledge } as const };
    yield {
      label: `sends life ${verdict.replaced.incarnation} to be recorded`,
      next: { world, replica: next },
    };
  } else if (verdict?.start !== undefined) {
    const next = { ...replica, flight: { kind: 'start', of: knowledge } as const };
    const { kind, pod } = verdict.start;
    // It tries again and again, until it is told that the pod has gone.
    const gone = !world.pods.some((p) => p.there && `pod-${p.seen.number}` === pod.uid);
    yield {
      label: `wants to ${kind} ${pod.uid}`,
      next: { world, replica: next },
      ...(gone && kind === 'open' && { optional: true }),
    };
  }
}

/** observe/start-once.ts: the choice and the opening reach the API server, each as it was meant when it was sent. */
function starts(world: World, before: Replica, { verdict }: Knowledge, { choosePatch }: Parts): Action<Both> {
  const wish = verdict?.start;
  if (wish === undefined) throw new Error('a start of nothing');
  const replica = { ...before, flight: undefined };
  if (wish.kind === 'choose') {
    const after = patched(world, choosePatch(jobUid, wish));
    const label = `${after === undefined ? 'cannot choose' : 'chooses'} ${wish.pod.uid}`;
    return { label, next: answered(after ?? world, replica) };
  }
  const after = patchedPod(world, wish.pod.uid, openPatch(wish)) ?? world;
  const there = [...newest(after.podLog).values()];
  const seen = after === world ? there : there.filter(({ view }) => view.uid === wish.pod.uid);
  const label = `${after === world ? 'cannot open' : 'opens'} ${wish.pod.uid}`;
  return { label, next: { world: after, replica: adopt(after, replica, seen) } };
}

/** A record or a note reaches the API server; its answer comes at once. */
function arrives(
  world: World,
  replica: Replica,
  { kind, of }: Extract<Flight, { kind: 'record' | 'history' }>,
  { recordPatch }: Parts,
): Action<Both> {
  const { step, verdict } = of;
  if (step === undefined || verdict === undefined) throw new Error('a record of nothing');
  const { end, replaced } = verdict;
  const record = kind === 'record' && end && recordOf(step, verdict, end, executorClock);
  const patch = record
    ? recordPatch(jobUid, record, verdict)
    : replaced && historyPatch(jobUid, replaced, step);
  const after = patched(world, patch ?? []);
  const what = record ? record.end.state : `life ${replaced?.incarnation}`;
  return {
    label: `${after === undefined ? 'cannot record' : 'records'} ${what}`,
    next: answered(after ?? world, { ...replica, flight: undefined }),
  };
}

function asks(world: World, replica: Replica, timeout: boolean): Action<Both> {
  const found = [...newest(world.podLog).values()];
  const [job] = newest(world.jobLog).values();
  const next = {
    ...replica,
    flight: { kind: 'pods', found, timeout, job: timeout ? job : undefined } as const,
  };
  return {
    label: `asks which pods there are${timeout ? ' before it ends the step' : ''}`,
    next: { world, replica: next },
  };
}

/** The Job as a patch or a read returns it. */
function answered(world: World, replica: Replica): Both {
  return { world, replica: readJob(replica, newest(world.jobLog).values().next().value) };
}

const readJob = (replica: Replica, sight: Sight<JobView> | undefined): Replica =>
  shown(replica, sight === undefined ? [jobGone] : jobChange(sight));

const order: readonly string[] = ['', 'QueueTimeout', 'StartTimeout', 'RunTimeout', 'nothing'];

/** Whether a timer has fired for what this executor believes. */
const isDue = ({ overdue }: World, { knowledge: { verdict } }: Replica): boolean =>
  verdict?.deadline !== undefined && order.indexOf(verdict.deadline.cause) <= order.indexOf(overdue);

/** A cancel, which needs both views; and observe/timeouts.ts, which asks before it ends a step. */
function* end(world: World, replica: Replica, { timeoutsAsk }: Parts): Generator<Action<Both>> {
  const { step } = replica.knowledge;
  if (step === undefined || isFinal(step.state)) return;
  const listed = replica.jobsSeen >= 0 && replica.podsSeen >= 0;
  if (listed && mayHappen(world, 'cancel'))
    yield {
      label: 'is asked to cancel',
      next: stop(happened(world, 'cancel'), replica, 'Cancel'),
      optional: true,
    };
  if (replica.flight !== undefined || !isDue(world, replica)) return;
  if (timeoutsAsk) yield asks(world, replica, true);
  else yield { label: 'ends the step for what it believes', next: stop(world, replica) };
}

function stop(world: World, replica: Replica, asked?: 'Cancel'): Both {
  const cause = asked ?? replica.knowledge.verdict?.deadline?.cause;
  if (cause === undefined) return { world, replica };
  const patch = stopPatch(
    { uid: jobUid },
    { cause, reason: cause, requestedBy: 'me', time: executorClock - 60_000 },
  );
  return answered(patched(world, patch) ?? world, replica);
}
