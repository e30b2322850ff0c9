import type { EpochMs } from '../step/step.ts';
import type { EventView } from './event-view.ts';
import { agentContainer } from './observation.ts';
import { isOlder } from './version.ts';

/** A step keeps the newest Events of each object and reason, and so many of all: a crash loop must not fill the memory. */
const bounds = { ofReason: 16, ofStep: 64 };

/** Ordinary steps of a pod's life explain nothing; these do. */
const notable = [
  'Pulling',
  'Pulled',
  'BackOff',
  'Killing',
  'Preempted',
  'Evicted',
  'TaintManagerEviction',
  'DeadlineExceeded',
  'NotTriggerScaleUp',
  'TriggeredScaleUp',
];

const matters = ({ type, reason }: EventView): boolean => type === 'Warning' || notable.includes(reason);

/** Newest first; total, so that what is kept does not depend on the order in which Events came. */
const byAge = (a: EventView, b: EventView): number =>
  b.lastTime - a.lastTime || (isOlder(a.version, b.version) ? 1 : isOlder(b.version, a.version) ? -1 : 0);

/** The Events with some more, in whatever order they come and however often: an older state of one never replaces a newer one. Oldest first. */
export function withEvents(before: readonly EventView[], more: readonly EventView[]): readonly EventView[] {
  const newest = new Map(before.map((e) => [e.uid, e]));
  let changed = false;
  for (const event of more) {
    const known = newest.get(event.uid);
    if (
      !matters(event) ||
      known?.version === event.version ||
      (known && isOlder(event.version, known.version))
    )
      continue;
    newest.set(event.uid, event);
    changed = true;
  }
  if (!changed) return before;
  const counts = new Map<string, number>();
  const kept = [...newest.values()].sort(byAge).filter(({ about, reason }) => {
    const group = `${about.uid} ${reason}`;
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    return count <= bounds.ofReason;
  });
  return kept.slice(0, bounds.ofStep).reverse();
}

/** The Events about one object, oldest first. */
export const eventsAbout = (events: readonly EventView[], uid: string | undefined): readonly EventView[] =>
  events.filter((e) => e.about.uid === uid);

/** When the node began to pull the image of a pod, and when it had it, as far as Events tell. */
export interface Pulls {
  readonly pulling?: { readonly time: EpochMs };
  readonly pulled?: { readonly time: EpochMs; readonly message: string };
}

/** Of one pod, the newest by default. */
export function pulls(
  {
    events,
    pods,
  }: {
    readonly events: readonly EventView[];
    readonly pods: readonly { readonly view: { readonly uid: string } }[];
  },
  podUid: string | undefined = pods.at(-1)?.view.uid,
): Pulls {
  const told = eventsAbout(events, podUid).filter(
    (e) => e.container === agentContainer || e.container === '',
  );
  const first = (reason: string) => told.find((e) => e.reason === reason);
  const [pulling, pulled] = [first('Pulling'), first('Pulled')];
  return {
    ...(pulling && { pulling: { time: pulling.firstTime } }),
    ...(pulled && { pulled: { time: pulled.firstTime, message: pulled.message } }),
  };
}
