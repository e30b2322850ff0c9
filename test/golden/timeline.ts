import { readdirSync, readFileSync } from 'node:fs';
import { annotation } from '../../src/job/metadata.ts';
import type { RawObject } from '../../src/job/project.ts';

const folder = new URL('../fixtures/node/', import.meta.url);

/** One watch event of a recorded case, as the observer got it. */
export interface RecordedEvent {
  readonly ts: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: 'Job' | 'Pod';
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

/** The events of Jobs and Pods of a case. Its Jobs get the annotations that the executor's own Jobs carry. */
export function readTimeline(name: string): readonly RecordedEvent[] {
  const lines = readFileSync(new URL(`${name}/timeline.jsonl`, folder), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedEvent)
    .filter((event) => event.kind === 'Job' || event.kind === 'Pod')
    .map((event) => (event.kind === 'Job' ? { ...event, object: asOurs(event.object) } : event));
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
