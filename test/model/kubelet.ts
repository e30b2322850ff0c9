import type { Action } from './explore.ts';
import { isTerminal, type PodState } from './objects.ts';
import { type Pod, releasePod, setPod, type World, writePod } from './world.ts';

/** What the scheduler and the node of the pods may do next. What happens and what is told of it are two things. */
export function* kubelet(w: World): Generator<Action<World>> {
  for (const pod of w.pods) {
    const { number, bound, deleting } = pod.seen;
    if (!bound) {
      // A gate keeps the scheduler away, and the API server refuses to bind the pod.
      if (pod.there && deleting === 'no' && !pod.seen.gated)
        yield { label: `scheduler: finds a node for pod ${number}`, next: write(w, pod, { bound: true }) };
      continue;
    }
    yield* life(w, pod);
    if (!w.nodeLost) yield* told(w, pod);
  }
}

const write = (w: World, { seen }: Pod, change: Partial<PodState>, truth: Partial<Pod> = {}): World =>
  writePod(w, { ...seen, ...change }, truth);

/** What is true on the node, whether or not anybody hears of it. A node that is cut off goes on with what it knows. */
function* life(w: World, pod: Pod): Generator<Action<World>> {
  const { number, deleting } = pod.seen;
  const say = (what: string) => `node: pod ${number} ${what}`;
  if (pod.process === 'none') yield { label: say('starts'), next: setPod(w, number, { process: 'running' }) };
  if (pod.process === 'running' && !pod.killed) {
    for (const exitCode of w.setting.exits ?? [0, 3])
      yield { label: say(`exits ${exitCode}`), next: setPod(w, number, { process: 'ended', exitCode }) };
  }
  if (w.nodeLost) return;
  if (pod.process === 'running' && pod.killed) yield* killed(w, number, say);
  if (deleting === 'no' && pod.there) return;
  if (pod.process === 'running' && !pod.killed)
    yield { label: say('is told to stop'), next: setPod(w, number, { killed: true }) };
  if (pod.process === 'none' && !pod.there)
    yield { label: say('is never started'), next: setPod(w, number, { process: 'never' }) };
}

/** An agent may end with an exit 0 when it is told to stop, and may say that it had succeeded. */
function* killed(w: World, number: number, say: (what: string) => string): Generator<Action<World>> {
  const ends = [
    { exitCode: 137, report: false },
    { exitCode: 0, report: false },
    { exitCode: 0, report: true },
  ];
  for (const end of ends)
    yield {
      label: say(`exits ${end.exitCode} after the kill${end.report ? ', and says success' : ''}`),
      next: setPod(w, number, { process: 'ended', ...end }),
    };
}

/** What the kubelet writes: the container first, the phase about a second later. */
function* told(w: World, pod: Pod): Generator<Action<World>> {
  if (!pod.there) return;
  const { seen, process, exitCode, report } = pod;
  const say = (what: string) => `kubelet: pod ${seen.number} ${what}`;
  if (process !== 'none' && process !== 'never' && seen.container === 'none' && !isTerminal(seen))
    yield { label: say('is shown running'), next: write(w, pod, { container: 'running', phase: 'Running' }) };
  if (process === 'ended' && (seen.container === 'running' || seen.container === 'none') && !isTerminal(seen))
    yield {
      label: say(`is shown exited ${exitCode}`),
      next: write(w, pod, { container: 'exited', phase: 'Running', exitCode, report }),
    };
  if (seen.container === 'exited' && !isTerminal(seen)) {
    const phase = seen.exitCode === 0 ? 'Succeeded' : 'Failed';
    yield { label: say(`is shown ${phase}`), next: write(w, pod, { phase }) };
  }
  if (seen.deleting === 'no') return;
  if (process === 'none' && !isTerminal(seen))
    yield {
      label: say('is shown lost before it started'),
      next: write(w, pod, { container: 'lost', phase: 'Failed' }, { process: 'never' }),
    };
  const removed = releasePod(w, seen.number, true);
  if (removed !== w) yield { label: say('is removed'), next: removed };
}
