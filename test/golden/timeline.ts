import { readdirSync, readFileSync } from 'node:fs';
import { annotation } from '../../src/job/metadata.ts';
import { projectPod, type RawObject } from '../../src/job/project.ts';
import { whole } from './thin.ts';

const folder = new URL('../fixtures/node/', import.meta.url);
const ownFolder = new URL('../fixtures/own/', import.meta.url);
const oldestFolder = new URL('../fixtures/own-1.30/', import.meta.url);

/** One watch event of a recorded case, as the observer got it. */
export interface RecordedEvent {
  readonly ts: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: 'Job' | 'Pod' | 'Event';
  readonly name: string;
  readonly object: RawObject & { readonly metadata: Metadata };
}

export interface Metadata {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const cases: readonly string[] = readdirSync(folder).sort();

/** Cases with the executor's own Jobs, which have all of its annotations; written by the tests on a real node. */
export const ownCases: readonly string[] = readdirSync(ownFolder).sort();

/** The same of Kubernetes 1.30, with nodes that are played; written by test/contract/oldest-job.oldest.test.ts. */
export const oldestCases: readonly string[] = readdirSync(oldestFolder).sort();

/** The events of Jobs and Pods of a case, and the Events about them. Its Jobs get the annotations that the executor's own Jobs carry. */
export const readTimeline = (name: string): readonly RecordedEvent[] =>
  read(new URL(`${name}/timeline.jsonl`, folder))
    .filter(isOurs)
    .map((event) => (event.kind === 'Job' ? { ...event, object: asOurs(event.object) } : event));

export const readOwnTimeline = (name: string): readonly RecordedEvent[] =>
  whole(read(new URL(`${name}/timeline.jsonl`, ownFolder))).filter(isOurs);

export const readOldestTimeline = (name: string): readonly RecordedEvent[] =>
  whole(read(new URL(`${name}/timeline.jsonl`, oldestFolder))).filter(isOurs);

const read = (file: URL): readonly RecordedEvent[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedEvent);

const isOurs = (event: RecordedEvent): boolean =>
  event.kind === 'Job' || event.kind === 'Pod' || isAboutOurs(event);

const isAboutOurs = ({ object }: RecordedEvent): boolean =>
  ['Job', 'Pod'].includes(String((object.involvedObject as RawObject | undefined)?.kind));

/** The uid of the Job that each object is about: of a Job itself, and of the Job of each pod. */
export function jobUids(events: readonly RecordedEvent[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(({ kind, object }): [string, string][] => {
      const { uid } = object.metadata;
      if (kind === 'Job') return [[uid, uid]];
      return kind === 'Pod' ? [[uid, projectPod(object).jobUid]] : [];
    }),
  );
}

function asOurs(job: RecordedEvent['object']): RecordedEvent['object'] {
  return annotated(job, {
    [annotation.key]: JSON.stringify(['recorded', 'run', job.metadata.name, 0]),
    [annotation.specHash]: 'recorded',
    [annotation.timeouts]: JSON.stringify({ queue: 600, start: 600, run: 3_600, total: 4_800 }),
  });
}

export function annotated(
  object: RecordedEvent['object'],
  annotations: Readonly<Record<string, string>>,
): RecordedEvent['object'] {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}
