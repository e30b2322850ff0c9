import type { ObjectRef } from '../step/step.ts';
import type { End, Verdict } from '../step/verdict.ts';
import { jobDeadline } from './deadline.ts';
import { isDecided } from './decision.ts';
import { ended } from './end.ts';
import { eventsWish } from './event-wish.ts';
import { needsEvidence, withEvidence } from './evidence.ts';
import type { JobFacts } from './facts.ts';
import { forecast } from './forecast.ts';
import { type Graces, graceDeadline, sooner, withGiveUp } from './graces.ts';
import { currentLife, nextLife } from './life.ts';
import { anotherLingers, lingering } from './lingering.ts';
import { marks } from './marks.ts';
import { annotation, readKey } from './metadata.ts';
import { milestones } from './milestones.ts';
import type { JobView, PodView } from './observation.ts';
import { observations, unnoted } from './observations.ts';
import { isKnown, startWish } from './one-start.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { readRecord } from './record.ts';
import { readRetention } from './retain.ts';
import { nodeOf } from './silent-node.ts';
import { readStop } from './stop.ts';
import { graceOf, stopWish } from './stop-wish.ts';
import { nextDeadline, readTimeouts } from './timeouts.ts';
import { waiting, waitingToEnd } from './waiting.ts';

const ref = ({ namespace, name, uid }: JobView | PodView): ObjectRef => ({ namespace, name, uid });

/**
 * What everything that was observed of a Job says about its step. Pure and level-based: the same facts give the same verdict, whatever
 * the order in which they came. `graces` are of the executor's configuration. Undefined for a Job that is not ours, or was not seen yet.
 */
export function classify(facts: JobFacts, graces: Graces = {}): Verdict | undefined {
  const { job } = facts;
  const key = readKey(job?.annotations[annotation.key]);
  if (job === undefined || key === undefined) return undefined;
  const stop = readStop(job.annotations[annotation.stop]);
  const record = readRecord(job.annotations[annotation.record]);
  const retain = readRetention(job);
  const life = currentLife(job, facts, stop);
  const { pod } = life;
  const path = milestones(job, facts, life, stop);
  const here = path[path.length - 1] ?? {
    incarnation: 0,
    phase: 'QUEUED',
    state: 'PENDING',
    time: job.createTime,
  };
  const timeouts = readTimeouts(job.annotations[annotation.timeouts]);
  const waits = here.state === 'PENDING' ? waiting(job, facts, pod, here.time) : undefined;
  const lost = here.state === 'CANCELLING' ? waitingToEnd(facts, pod, here.time) : undefined;
  const deadline = sooner(timeouts && nextDeadline(path, timeouts), waits && graceDeadline(waits, graces));
  const why = lost ?? (waits && withGiveUp(waits, deadline?.time, jobDeadline(job)));
  const expected = pod && stop === undefined ? forecast(pod, nodeOf(facts, pod)) : undefined;
  const specHash = job.annotations[annotation.specHash] ?? '';

  const base = {
    key,
    job: ref(job),
    createTime: job.createTime,
    pool: job.annotations[annotation.pool] ?? '',
    specHash,
    labels: job.labels,
    milestones: life.history === undefined ? path : [...life.history.timeline, ...path],
    observations: observations(job, facts, record, stop),
    ...(retain && { retain }),
    ...(job.bornSuspended && { bornSuspended: job.bornSuspended }),
    ...(facts.restored && { restored: facts.restored }),
    ...(why && { waiting: why }),
    ...(stop?.cause === 'Cancel' && {
      cancellation: {
        reason: stop.reason,
        requestedBy: stop.requestedBy,
        requestTime: stop.time,
        graceSeconds: graceOf(job, stop),
        confirmed: false,
        ...(stop.force && { force: stop.force }),
      },
    }),
  };
  if (record !== undefined) {
    return {
      ...base,
      image: record.image,
      recordedTimeline: record.timeline,
      marks: record.marks ?? [],
      ...lingering(job, life),
      ...anotherLingers(job, facts, record.pod?.uid),
      ...unnoted(job, base.observations),
      ...(record.pod && { pod: record.pod }),
      ...(record.node !== undefined && { node: record.node }),
      end: { ...record.end, basis: facts.gone ? 'gone' : 'recorded' },
    };
  }
  const end = ended(job, facts, life, stop);
  const start = end === undefined ? startWish(job, facts, pod, stop) : undefined;
  const lives = job.annotations[annotation.history];
  const wish = end === undefined ? eventsWish(job, facts, pod, here) : undefined;
  return {
    ...base,
    // The mark of a step that was never submitted has no image.
    image: specHash === '' ? '' : withDigest(job.image, pod?.view.imageId ?? ''),
    marks: marks(job, facts, life, expected),
    ...(expected && { forecast: expected }),
    ...(facts.unrecordable !== undefined && { unrecordable: facts.unrecordable, ...lingering(job, life) }),
    ...(lives !== undefined && { lives }),
    ...(life.replaced && { replaced: nextLife(job, life) }),
    ...(deadline && end === undefined && !isOver(job, pod) && { deadline }),
    ...(wish && { eventsWish: wish }),
    ...(start && { start }),
    ...(stop && stopWish(job, facts, stop)),
    ...(pod && isKnown(job, pod) && { pod: ref(pod.view) }),
    ...(pod && pod.view.node !== '' && { node: pod.view.node }),
    ...(end && {
      end: {
        state: end.state,
        outcome: needsEvidence(end.state) ? withEvidence(end.outcome, facts, pod) : end.outcome,
        time: end.time,
        incarnation: here.incarnation,
        basis: basisOf(end, facts),
      },
    }),
  };
}

function basisOf({ absence }: { readonly absence: boolean }, { gone, unrecordable }: JobFacts): End['basis'] {
  if (absence) return 'absence';
  if (gone) return 'gone';
  return unrecordable === undefined ? 'proposed' : 'unrecorded';
}

/** Nothing can be too late any more: what is still to come is the explanation. */
const isOver = (job: JobView, pod: PodFacts | undefined): boolean =>
  isDecided(job) || (pod !== undefined && (isFinalPod(pod) || pod.view.agent?.kind === 'terminated'));

/** The image as it runs: the name that was asked for, with the digest that the node pulled. Without `@`, the node tells a local id. */
export function withDigest(image: string, imageId: string): string {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(imageId)?.[1];
  if (digest === undefined || image.includes('@')) return image;
  return `${image}@${digest}`;
}
