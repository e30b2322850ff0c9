import { ownText } from '../lib/own-text.ts';
import type { EpochMs } from '../step/step.ts';
import { list, number, type RawObject, record, text, time } from './raw.ts';

/** An Event of a Job or of one of its pods, cut down to what explains a step. Untrusted text. */
export interface EventView {
  readonly uid: string;
  readonly version: string;
  /** Its own, which is that of the object that it is about: the API server holds to that, and to nothing else that an Event says. */
  readonly namespace: string;
  /** The object that it is about. */
  readonly about: { readonly kind: string; readonly uid: string };
  /** The container that it is about, if it is about one. */
  readonly container: string;
  /** `Warning` or `Normal`. */
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** How often it was said; the same thing said again is counted, not repeated. */
  readonly count: number;
  /** The cluster's clock. */
  readonly firstTime: EpochMs;
  readonly lastTime: EpochMs;
  /** Who says so: `kubelet`, `job-controller`, `default-scheduler`. */
  readonly component: string;
}

/** What is kept of a message: the sentence of a Pod Security refusal with all its rules has about 600 characters. */
const longest = 1_024;
/** What is kept of a word: Kubernetes' own have at most 63 characters, but nothing holds the writer of an Event to that. */
const longestWord = 128;

const word = (value: unknown): string => ownText(text(value), longestWord);

/** An Event as the API server has it. Controllers write the older form with counts, the scheduler the newer one with a time and, said again, a series. */
export function projectEvent(object: RawObject): EventView {
  const metadata = record(object.metadata);
  const about = record(object.involvedObject);
  const series = record(object.series);
  const created = time(metadata.creationTimestamp) ?? 0;
  const firstTime = time(object.firstTimestamp) ?? time(object.eventTime) ?? created;
  const lastTime = time(series.lastObservedTime) ?? time(object.lastTimestamp) ?? firstTime;
  return {
    uid: text(metadata.uid),
    version: text(metadata.resourceVersion),
    namespace: text(metadata.namespace),
    about: { kind: word(about.kind), uid: word(about.uid) },
    container: /\{([^{}]*)\}$/.exec(word(about.fieldPath))?.[1] ?? '',
    type: word(object.type),
    reason: word(object.reason),
    message: ownText(text(object.message), longest).trim(),
    count: number(series.count) ?? number(object.count) ?? 1,
    firstTime,
    lastTime: Math.max(firstTime, lastTime),
    component: word(object.reportingComponent) || word(record(object.source).component),
  };
}

/** Every Event of an answer to a list. */
export const projectEvents = (objects: unknown): readonly EventView[] => list(objects).map(projectEvent);
