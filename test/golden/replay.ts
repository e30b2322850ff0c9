import { projectEvent } from '../../src/job/event-view.ts';
import type { JobFacts } from '../../src/job/facts.ts';
import { jobInterpretation } from '../../src/job/interpretation.ts';
import { annotation } from '../../src/job/metadata.ts';
import type { Observation } from '../../src/job/observation.ts';
import { jobSeen, podSeen, projectJob, projectPod } from '../../src/job/project.ts';
import { recordOf, recordPatch } from '../../src/job/record.ts';
import { isOlder } from '../../src/job/version.ts';
import { jobObservations, podObservations } from '../../src/observe/feed.ts';
import type { LoggedEvent } from '../../src/step/event-log.ts';
import { createRegistry } from '../../src/step/registry.ts';
import { isFinal } from '../../src/step/state.ts';
import type { Step } from '../../src/step/step.ts';
import { annotated, jobUids, type RecordedEvent } from './timeline.ts';

/** What one delivered event has made of a step. */
export interface Told {
  /** The event that was delivered, e.g. `MODIFIED Pod`. */
  readonly after: string;
  readonly event: LoggedEvent;
}

export interface Replayed {
  /** By the uid of the Job. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  readonly steps: ReadonlyMap<string, Step>;
}

export interface ReplayOptions {
  /** More annotations for a Job: a stop, say. Called for each of its versions. */
  readonly annotate?: (event: RecordedEvent) => Readonly<Record<string, string>>;
  /** What a consistent read finds of pods, beside those that were delivered by then. */
  readonly there?: readonly RecordedEvent[];
  /** False: as if the executor got no Events at all. */
  readonly withEvents?: boolean;
}

/**
 * Shows the events to a registry as the views of the cluster would, and stands in for the cluster: the record's patch comes back as the
 * Job with the annotation, and stays on it; the confirming read finds the pods that are there by then.
 */
export function replay(events: readonly RecordedEvent[], options: ReplayOptions = {}): Replayed {
  let clock = 0;
  const registry = createRegistry<Observation, JobFacts>({
    interpretation: jobInterpretation,
    now: () => clock,
  });
  const pods = newestPods(options.there ?? []);
  const jobOf = jobUids([...events, ...(options.there ?? [])]);
  const jobs = new Map<string, RecordedEvent['object']>();
  const records = new Map<string, string>();
  const steps = new Map<string, Step>();
  const told = new Map<string, Told[]>();
  const logs = new Map<string, ReturnType<typeof registry.log>>();
  const positions = new Map<string, number>();

  const stored = (event: RecordedEvent): RecordedEvent['object'] => {
    const { uid } = event.object.metadata;
    const record = records.get(uid);
    const more = {
      ...options.annotate?.(event),
      ...(record !== undefined && { [annotation.record]: record }),
    };
    return annotated(event.object, more);
  };

  const deliver = (event: RecordedEvent): readonly Observation[] => {
    const { uid, resourceVersion } = event.object.metadata;
    const type = event.type === 'ADDED' ? 'added' : event.type === 'MODIFIED' ? 'updated' : 'deleted';
    const change = { type, uid, resourceVersion } as const;
    if (event.kind === 'Event') {
      const view = projectEvent(event.object);
      const jobUid = jobOf.get(view.about.uid);
      if (jobUid === undefined || options.withEvents === false) return [];
      return [{ kind: 'events', jobUid, events: [view] }];
    }
    if (event.kind === 'Pod') {
      if (!isOlder(resourceVersion, pods.get(uid)?.object.metadata.resourceVersion ?? ''))
        pods.set(uid, event);
      return podObservations({ ...change, object: projectPod(event.object) });
    }
    const object = stored(event);
    const known = jobs.get(uid)?.metadata.resourceVersion ?? '';
    if (!isOlder(resourceVersion, known)) jobs.set(uid, object);
    return jobObservations({ ...change, object: projectJob(object) });
  };

  /** What the settler does, without the network. */
  const settle = (uid: string): boolean => {
    const verdict = registry.verdict(uid);
    const step = registry.byJob(uid);
    if (verdict?.end === undefined || step === undefined || isFinal(step.state)) return false;
    if (verdict.end.basis === 'absence') {
      const there = [...pods.values()].filter(
        (p) => p.type !== 'DELETED' && projectPod(p.object).jobUid === uid,
      );
      for (const pod of there) registry.apply(podSeen(pod.object));
      registry.apply({ kind: 'no-more-pods', jobUid: uid });
      return registry.verdict(uid)?.end?.basis !== 'absence';
    }
    if (verdict.end.basis !== 'proposed') return false;
    const record = recordPatch(uid, recordOf(step, verdict, verdict.end, clock)).find((o) => o.op === 'add')
      ?.value as string;
    records.set(uid, record);
    registry.apply(jobSeen(annotated(jobs.get(uid)!, { [annotation.record]: record })));
    return true;
  };

  const listen = (uid: string, after: string) => {
    const step = registry.byJob(uid);
    const log = (step && registry.log(step.key)) ?? logs.get(uid);
    if (log === undefined) return;
    logs.set(uid, log);
    steps.set(uid, log.current);
    const heard = told.get(uid) ?? [];
    told.set(uid, heard);
    for (let e = log.after(positions.get(uid) ?? 0); e !== undefined; e = log.after(e.sequence)) {
      positions.set(uid, e.sequence);
      heard.push({ after, event: e });
    }
  };

  for (const event of events) {
    clock = Date.parse(event.ts);
    for (const observation of deliver(event)) {
      const uid = jobInterpretation.jobUid(observation);
      registry.apply(observation);
      while (settle(uid));
      listen(uid, `${event.type} ${event.kind}`);
    }
  }
  return { told, steps };
}

/** The last state of each pod by its version, whatever the order of the events. */
function newestPods(events: readonly RecordedEvent[]): Map<string, RecordedEvent> {
  const newest = new Map<string, RecordedEvent>();
  for (const event of events.filter((e) => e.kind === 'Pod')) {
    const { uid, resourceVersion } = event.object.metadata;
    const known = newest.get(uid)?.object.metadata.resourceVersion ?? '';
    if (!isOlder(resourceVersion, known)) newest.set(uid, event);
  }
  return newest;
}
