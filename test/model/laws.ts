import { readHistory } from '../../src/job/life.ts';
import { readRecord } from '../../src/job/record.ts';
import { readStop } from '../../src/job/stop.ts';
import { isFinal, rank } from '../../src/step/state.ts';
import type { Outcome, Step } from '../../src/step/step.ts';
import type { Knowledge } from './knowledge.ts';
import { isTerminal } from './objects.ts';
import { jobChange, podChange } from './views.ts';
import type { Pod, World } from './world.ts';

/** What is wrong with a step of the world; undefined when every law holds. Each text begins with the law that it breaks. */
export function broken(before: World, after: World): string | undefined {
  for (const [i, { knowledge: is, restarts }] of after.replicas.entries()) {
    const was = before.replicas[i];
    if (was === undefined || was.knowledge === is) continue;
    // A restart forgets: what is learnt then is compared with what was told before.
    const law = restarts === was.restarts ? grows(was.knowledge, is) : undefined;
    const wrong = law ?? way(after, is) ?? (is.end === was.knowledge.end ? undefined : end(after, is));
    if (wrong !== undefined) return wrong;
  }
  return once(after) ?? afterwards(after) ?? stops(before, after);
}

/** Of a step that starts at most once, one pod at the most can ever start, and one does. */
function once(w: World): string | undefined {
  if (!w.setting.once) return undefined;
  const open = w.pods.filter((p) => !p.seen.gated);
  return open.length > 1 ? `one pod may start: ${open.map((p) => p.seen.number)} are open` : undefined;
}

const place = ({ incarnation, state, phase }: Step) => `${incarnation}/${phase}/${state}`;

function grows({ step: was, end }: Knowledge, { step: is, end: now }: Knowledge): string | undefined {
  if (was === undefined || is === undefined) return undefined;
  if (rank(is) < rank(was)) return `a history only grows: ${place(was)} became ${place(is)}`;
  return end !== '' && end !== now ? `an end stays: ${end} became ${now}` : undefined;
}

/** What followers were told of the way is true, each place once and in order, and every executor tells it alike. */
function way(w: World, { step, events }: Knowledge): string | undefined {
  const told = events.flatMap(({ transition }) => transition ?? []);
  const ranks = told.map(rank);
  if (ranks.some((r, i) => i > 0 && r <= (ranks[i - 1] ?? 0)))
    return `each place is told once, in order: ${ranks}`;
  if (step?.phase === 'RUNNING' && !w.pods.some(hasStarted)) return 'RUNNING is true: no process has started';
  // Which pod a life was is known to all only when that stands on the Job (docs/adr/0006-lives-of-a-step.md).
  if (w.setting.replaces) return undefined;
  // Before one is chosen, each executor tells of the pod that it has seen.
  if (w.setting.once && w.used.includes('finalizer removed')) return undefined;
  for (const { knowledge: other } of w.replicas) {
    for (const { transition } of other.events) {
      const same = transition && told.find((t) => rank(t) === rank(transition));
      if (same === undefined || transition === undefined || isFinal(same.state)) continue;
      if (same.reason !== transition.reason || same.time !== transition.time)
        return `all tell the same way: ${JSON.stringify(same)} and ${JSON.stringify(transition)}`;
    }
  }
  return undefined;
}

/** What must be true of an end when an executor begins to tell it. */
function end(w: World, knowledge: Knowledge): string | undefined {
  const { step, end } = knowledge;
  const { outcome, state } = step ?? {};
  if (end === '' || outcome === undefined || state === undefined) return undefined;
  const recorded = readRecord(w.job?.record)?.end;
  if (w.job !== undefined && (recorded?.state !== state || !same(recorded.outcome, outcome)))
    return `recorded before it is told: ${state} ${outcome.reason} is not`;
  // Of a Job that went without a record, each executor tells what it has seen.
  if (w.job !== undefined && w.told.some((told) => told !== end))
    return `all tell the same end: ${w.told.join(', ')} and ${end}`;
  // Who follows gets the end of a Job that went all the same (step/follow.ts).
  if (w.job !== undefined && step !== undefined && step.incarnation < w.lives)
    return `an end is behind all that was told: life ${w.lives} was, and ${place(step)} ends the step`;
  if (state === 'SUCCEEDED' && !w.pods.some(succeeded)) return 'SUCCEEDED is true: no process has';
  const uncounted = w.used.includes('finalizer removed') && !w.setting.once;
  if (!outcome.mayHaveStarted && !uncounted && w.pods.some(hasStarted))
    return `what never started never did: ${state} ${outcome.reason}`;
  // Nobody but an executor ends the Job by its deadline here, and the Job says why.
  if (outcome.reason === 'JobStopped' || outcome.reason === 'TotalTimeout')
    return `a stop is told as what it was: ${outcome.reason} was not`;
  const { exitCode } = outcome;
  // Kubernetes says 137 of what it has lost.
  if (
    exitCode !== undefined &&
    exitCode !== 137 &&
    !w.pods.some((p) => hasEnded(p) && p.exitCode === exitCode)
  )
    return `an exit code is true: no process has ended with ${exitCode}`;
  return undefined;
}

const same = (a: Outcome, b: Outcome): boolean => JSON.stringify(a) === JSON.stringify(b);
const hasEnded = ({ process }: Pod): boolean => process === 'ended';
const hasStarted = (pod: Pod): boolean => pod.process === 'running' || hasEnded(pod);
/** An exit 0 after the kill began is a success only if the agent says so. */
const succeeded = (pod: Pod): boolean => hasEnded(pod) && pod.exitCode === 0 && (!pod.killed || pod.report);

/** Whatever is said behind an end, late or again. */
function absorbs(w: World, knowledge: Knowledge): boolean {
  const late = [...w.jobLog.map((s) => jobChange(s)), ...w.podLog.map((s) => podChange(s))];
  return knowledge.endAfter(late.flat()) === knowledge.end;
}

/** Ends that say of themselves that the process may still run. */
const modest = ['EndUnconfirmed', 'JobDeleted', 'SuccessUnconfirmed'];

/** Who takes a pod from its Job has the work done twice; what was told of the first one is true all the same. */
const isDoubled = ({ setting, used }: World, state: string): boolean =>
  !setting.once && used.includes('finalizer removed') && state !== 'CANCELLED' && state !== 'TIMED_OUT';

/** What must stay true for ever when an end was told. */
function afterwards(w: World): string | undefined {
  const running = w.told.length > 0 && w.pods.find((p) => p.process === 'running');
  if (!running) return undefined;
  for (const told of w.told) {
    const [state, outcome] = JSON.parse(told) as [string, Outcome];
    if (isDoubled(w, state)) continue;
    if (state === 'CANCELLED' || !modest.includes(outcome.reason))
      return `nothing runs behind an end: ${state} ${outcome.reason}, and the process of pod ${running.seen.number} runs`;
  }
  return undefined;
}

/** A timeout that ends a step was truly over, whatever its executor had seen by then. */
function stops(before: World, after: World): string | undefined {
  if (after.job === undefined || after.job.stop === before.job?.stop) return undefined;
  const cause = readStop(after.job.stop)?.cause;
  if (cause === 'Cancel' || cause === after.overdue) return undefined;
  // A life that came and went unseen is told by nothing that can be read; another one waits for its pod.
  if (before.setting.replaces && before.pods.every((p) => isTerminal(p.seen))) return undefined;
  return `a timeout ends what it is for: ${cause} was written when ${after.overdue} was over`;
}

/** What is wrong when nothing has to happen any more. */
export function brokenAtRest(w: World): string | undefined {
  for (const { knowledge } of w.replicas) {
    const { step, end } = knowledge;
    const lives = readHistory(w.job?.history)?.incarnation ?? 0;
    if (end !== '' && step !== undefined && step.incarnation < lives)
      return `an end is of the last life: ${place(step)} ends a step of ${lives + 1} lives`;
    if (end !== '' && !absorbs(w, knowledge)) return `an end stays: ${end} changed`;
    // Who comes when the Job is gone can know nothing of it.
    if (end !== '' || (step === undefined && w.job === undefined)) continue;
    // A pod that is there on a node that is cut off: nobody can know, and nothing is told.
    if (w.nodeLost && w.pods.some((p) => p.there)) continue;
    return `every end is told: ${step === undefined ? 'nothing' : place(step)} for ever`;
  }
  return undefined;
}
