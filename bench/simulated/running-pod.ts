import { readFileSync } from 'node:fs';

/** What is taken of a recorded pod. */
export interface RecordedPod {
  readonly metadata: { readonly creationTimestamp: string };
  readonly spec: object;
  readonly status: { readonly phase: string; readonly conditions: readonly object[] };
}

/** The pod of the recorded case `ok` while its agent ran, as if it had been made at that time. */
export function runningPod(now: number): RecordedPod {
  const file = new URL('../../test/fixtures/node/ok/timeline.jsonl', import.meta.url);
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { kind, object } = JSON.parse(line) as { readonly kind: string; readonly object: RecordedPod };
    if (kind === 'Pod' && object.status.phase === 'Running') return shifted(object, now);
  }
  throw new Error('the recorded case has no running pod');
}

/** Steps that were made long ago would all be over their time. */
function shifted(pod: RecordedPod, now: number): RecordedPod {
  const by = now - Date.parse(pod.metadata.creationTimestamp);
  const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
  const later = (time: string): string => `${new Date(Date.parse(time) + by).toISOString().slice(0, 19)}Z`;
  return JSON.parse(JSON.stringify(pod).replaceAll(times, later)) as RecordedPod;
}
