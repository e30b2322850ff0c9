import type { SubmitStepRequest } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { annotation } from '../../src/job/metadata.ts';
import { firstWriter } from '../../src/job/stop.ts';
import { objectsOf } from '../support/objects.ts';
import type { RawApi } from '../support/raw-api.ts';

interface StoredJob {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const pathOf = (namespace: string, name = ''): string =>
  `/apis/batch/v1/namespaces/${namespace}/jobs${name === '' ? '' : `/${name}`}`;

/** The record that the executor wrote on a Job. */
export async function recordOn(api: RawApi, job: { namespace: string; name: string }): Promise<string> {
  const stored = (await api.send('GET', pathOf(job.namespace, job.name))) as StoredJob;
  const record = stored.metadata.annotations?.[annotation.record];
  if (record === undefined) throw new Error(`${job.name} has no record`);
  return record;
}

/** A Job like that of a step, which the executor does not see. */
export interface Twin {
  readonly uid: string;
  /** Writes a record as the executor does at a step's end; resolves with the milliseconds that it took. */
  readonly end: (record: string) => Promise<number>;
}

export async function createTwin(api: RawApi, request: SubmitStepRequest): Promise<Twin> {
  const { namespace, job, configMap } = objectsOf(request, false);
  const { metadata } = (await api.send('POST', pathOf(namespace), job)) as StoredJob;
  await api.send('POST', `/api/v1/namespaces/${namespace}/configmaps`, configMap(metadata));
  return {
    uid: metadata.uid,
    async end(record) {
      const patch = firstWriter(metadata.uid, annotation.record, record);
      const sent = performance.now();
      await api.send('PATCH', pathOf(namespace, metadata.name), patch, 'application/json-patch+json');
      return performance.now() - sent;
    },
  };
}
