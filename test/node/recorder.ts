import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import { thinned } from '../golden/thin.ts';
import type { ControlPlane } from '../support/control-plane/control-plane.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

/** One watch event, as test/fixtures/node has them. */
export interface RecordedEvent {
  readonly ts: string;
  readonly type: string;
  readonly kind: string;
  readonly name: string;
  readonly object: RecordedObject;
}

export interface RecordedObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly managedFields?: unknown;
  };
  /** Of an Event. */
  readonly involvedObject?: { readonly name: string };
}

/** Keeps every watch event of Jobs, Pods and Events, so that cases can be written down when all is over. */
export interface Recorder {
  /** What is seen of that step, until the end, becomes the fixture of that name. */
  readonly keep: (name: string, step: Step) => void;
  readonly write: () => Promise<void>;
}

const paths = { Job: '/apis/batch/v1/jobs', Pod: '/api/v1/pods', Event: '/api/v1/events' } as const;

/** `folder` of test/fixtures is where they are written. */
export function startRecorder(controlPlane: ControlPlane, folder = 'own'): Recorder {
  const seen: RecordedEvent[] = [];
  const kept = new Map<string, Step>();
  const calls = Object.entries(paths).map(([kind, path]) =>
    follow(controlPlane, path, (type, object) => {
      const { name } = object.metadata;
      seen.push({ ts: new Date().toISOString(), type, kind, name, object: clean(object) });
    }),
  );
  return {
    keep: (name, step) => void kept.set(name, step),
    write: async () => {
      for (const call of calls) call.destroy();
      for (const [name, step] of kept) {
        const lines = thinned(seen.filter(about(step))).map((event) => `${JSON.stringify(event)}\n`);
        await mkdir(join(fixtures, folder, name), { recursive: true });
        await writeFile(join(fixtures, folder, name, 'timeline.jsonl'), lines.join(''));
      }
    },
  };
}

const about =
  ({ job, pod }: Step) =>
  ({ kind, object }: RecordedEvent): boolean => {
    const name = kind === 'Event' ? object.involvedObject?.name : object.metadata.name;
    return name !== undefined && [job?.name, pod?.name].includes(name);
  };

function follow(
  { server, caFile, directory }: ControlPlane,
  path: string,
  tell: (type: string, object: RecordedObject) => void,
): { destroy(): unknown } {
  const pki = (file: string): Buffer => readFileSync(join(directory, 'pki', file));
  const identity = { ca: readFileSync(caFile), cert: pki('admin.crt'), key: pki('admin.key') };
  const call = get(new URL(`${path}?watch=true`, server), identity, (response) => {
    const lines = createInterface(response).on('line', (line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: RecordedObject };
      tell(type, object);
    });
    for (const each of [response, lines]) each.on('error', () => {});
  });
  // It ends with the test run; what it lacks then shows in the fixture.
  call.on('error', () => {});
  return call;
}

/** Without what nobody reads, and what is most of it. */
function clean(object: RecordedObject): RecordedObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
