import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  annotation,
  callerLabels,
  isReserved,
  prefix,
  readKey,
  watchSelector,
} from '../../../src/job/metadata.ts';
import { jobName } from '../../../src/job/names.ts';
import { toConfigMap, toJob, toPod, toTombstone } from '../../../src/job/objects.ts';
import { projectJob } from '../../../src/job/project.ts';
import { readStop } from '../../../src/job/stop.ts';
import { readTimeouts } from '../../../src/job/timeouts.ts';
import { isDnsLabel, isLabelValue } from '../../../src/lib/label-syntax.ts';
import { accepted, key, manifest, request, withOptions } from './submit.ts';

const jobOf = (options: Parameters<typeof withOptions>[0] = {}) => toJob(accepted(withOptions(options)), 0);
const containerOf = (job: ReturnType<typeof jobOf>) => job.spec.template.spec.containers[0]!;
const envOf = (job: ReturnType<typeof jobOf>) =>
  Object.fromEntries(containerOf(job).env.map((e) => [e.name, 'value' in e ? e.value : e.valueFrom]));

describe('the Job', () => {
  test('can be read back: whose it is, its hash, its timeouts', () => {
    const view = projectJob(jobOf());
    expect(readKey(view.annotations[annotation.key])).toEqual(key);
    expect(view.annotations[annotation.specHash]).toBe(accepted(request()).specHash);
    expect(readTimeouts(view.annotations[annotation.timeouts])).toEqual({
      queue: 600,
      start: 300,
      run: 900,
      total: 1_800,
    });
    expect(view.annotations[annotation.pool]).toBe('standard');
  });

  test('is found by our watches', () => {
    const [name, value] = watchSelector.split('=');
    const { metadata, spec } = jobOf();
    for (const labels of [metadata.labels, spec.template.metadata.labels])
      expect(labels).toMatchObject({ [name!]: value });
  });

  test('carries the labels of the caller and gives them back alone', () => {
    const job = jobOf({ labels: { team: 'a', 'example.com/x': '' } });
    expect(job.metadata.labels).toMatchObject({ team: 'a', 'example.com/x': '' });
    expect(projectJob(job).labels).toEqual({ team: 'a', 'example.com/x': '' });
  });

  test('has labels that are valid, whatever the ids', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 });
    fc.assert(
      fc.property(text, text, (runId, agent) => {
        const job = toJob({ ...accepted(request()), key: { ...key, runId }, agent }, 0);
        for (const value of Object.values(job.metadata.labels)) expect(isLabelValue(value), value).toBe(true);
      }),
    );
  });

  test('lets no caller overwrite what is ours', () => {
    const spec = accepted(request());
    const job = toJob(
      {
        ...spec,
        labels: { app: 'theirs', run_id: 'theirs' },
        annotations: { [annotation.key]: 'theirs', [annotation.specHash]: 'theirs' },
        env: { GLIP_RUN_ID: 'theirs' },
      },
      0,
    );
    expect(JSON.stringify(job)).not.toContain('theirs');
  });

  test('has the deadlines that hold with the executor down', () => {
    const job = jobOf({ timeouts: { queue: 10, start: 20, run: 30, total: 100 } });
    expect(job.spec.activeDeadlineSeconds).toBe(100);
    expect(job.spec.template.spec.activeDeadlineSeconds).toBe(50);
  });

  test('starts one pod, and leaves exit codes in its condition', () => {
    expect(jobOf().spec).toMatchObject({
      backoffLimit: 0,
      parallelism: 1,
      completions: 1,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: 3_600,
    });
  });
});

describe('the pod', () => {
  test('has the command and args of the image when the caller names none', () => {
    expect(containerOf(jobOf())).not.toHaveProperty('command');
    expect(containerOf(jobOf())).not.toHaveProperty('args');
    expect(containerOf(jobOf({ command: ['a'], args: ['b'] }))).toMatchObject({
      command: ['a'],
      args: ['b'],
    });
  });

  test('tells the agent where everything is', () => {
    expect(envOf(jobOf({ env: { MINE: '1' } }))).toMatchObject({
      MINE: '1',
      GLIP_INVOCATION_ID: 'inv-1',
      GLIP_INPUT_MANIFEST: '/glip/inputs/manifest.json',
      GLIP_OUTPUT_DIR: '/glip/outputs',
      GLIP_TENANT_ID: 'acme',
      GLIP_RUN_ID: 'run-1',
      GLIP_STEP_ID: 'ingest',
      GLIP_ATTEMPT: '0',
      GL_OUTPUT_URI: 'file:///glip/outputs/',
    });
  });

  test('carries the trace context and the output prefix where the manifest has them', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const value = manifest({
      outputs: [{ name: 'o', artifact_prefix: 's3://bucket/out/' }],
      observability: { trace_context: { traceparent, tracestate: 'a=b' } },
    });
    const env = envOf(toJob(accepted(request({ manifest: { kind: 'typed', value } })), 0));
    expect(env).toMatchObject({
      TRACEPARENT: traceparent,
      TRACESTATE: 'a=b',
      GL_OUTPUT_URI: 's3://bucket/out/',
    });
    expect(envOf(jobOf())).not.toHaveProperty('TRACEPARENT');
    expect(envOf(jobOf())).not.toHaveProperty('TRACESTATE');
  });

  test('has each kind of volume', () => {
    const job = jobOf({
      volumes: [
        { name: 'a', mountPath: '/a', readOnly: false, source: { kind: 'scratch', size: '1Gi' } },
        { name: 'b', mountPath: '/b', readOnly: true, source: { kind: 'claim', claim: 'mine' } },
        {
          name: 'c',
          mountPath: '/c',
          readOnly: false,
          source: { kind: 'ephemeral', storageClass: 'fast', size: '2Gi' },
        },
        {
          name: 'd',
          mountPath: '/d',
          readOnly: false,
          source: { kind: 'ephemeral', storageClass: '', size: '2Gi' },
        },
      ],
    });
    const claim = (more: object) => ({
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...more },
        },
      },
    });
    expect(job.spec.template.spec.volumes.slice(3)).toEqual([
      { name: 'a', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'b', persistentVolumeClaim: { claimName: 'mine' } },
      { name: 'c', ...claim({ storageClassName: 'fast' }) },
      { name: 'd', ...claim({}) },
    ]);
    expect(containerOf(job).volumeMounts.slice(3)).toEqual([
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', readOnly: true },
      { name: 'c', mountPath: '/c' },
      { name: 'd', mountPath: '/d' },
    ]);
  });

  test("has a /tmp, which is the caller's own where there is one", () => {
    const tmp = (job: ReturnType<typeof jobOf>) =>
      containerOf(job).volumeMounts.filter((m) => m.mountPath === '/tmp');
    expect(tmp(jobOf())).toEqual([{ name: 'glip-tmp', mountPath: '/tmp' }]);
    const own = jobOf({
      volumes: [
        { name: 'own', mountPath: '/tmp', readOnly: false, source: { kind: 'scratch', size: '1Gi' } },
      ],
    });
    expect(tmp(own)).toEqual([{ name: 'own', mountPath: '/tmp' }]);
    expect(own.spec.template.spec.volumes.map((v) => v.name)).not.toContain('glip-tmp');
  });

  test('goes where its pool says', () => {
    const spot = jobOf({ spot: true }).spec.template.spec;
    expect(spot.nodeSelector).toEqual({ 'greenlang.io/pool': 'standard-spot' });
    expect(spot.tolerations).toHaveLength(1);
    expect(jobOf().spec.template.spec).not.toHaveProperty('nodeSelector');
    expect(jobOf({ priorityClass: 'high' }).spec.template.spec).toMatchObject({ priorityClassName: 'high' });
    const bare = accepted(request());
    expect(
      toJob({ ...bare, resources: { ...bare.resources, tolerations: [] } }, 0).spec.template.spec,
    ).not.toHaveProperty('tolerations');
  });

  test('of a dry run is that of the Job, under a valid name of its own', () => {
    for (const stepId of ['a', 'b'.repeat(63)]) {
      const job = toJob({ ...accepted(request()), key: { ...key, stepId } }, 0);
      const pod = toPod(job);
      expect(pod.spec).toBe(job.spec.template.spec);
      expect(pod.metadata).toMatchObject({
        labels: job.spec.template.metadata.labels,
        namespace: 'glip-acme',
      });
      expect(isDnsLabel(pod.metadata.name), pod.metadata.name).toBe(true);
    }
  });
});

describe("the inputs' ConfigMap", () => {
  test('is the manifest, byte for byte, goes with the Job and cannot be changed', () => {
    const spec = accepted(request());
    const map = toConfigMap(spec, { namespace: 'glip-acme', name: 'j', uid: 'u' });
    expect(map).toMatchObject({ immutable: true, data: { 'manifest.json': spec.manifestText } });
    expect(map.metadata.ownerReferences).toEqual([
      { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: false },
    ]);
    expect(toJob(spec, 0).spec.template.spec.volumes[0]).toEqual({
      name: 'glip-inputs',
      configMap: { name: map.metadata.name },
    });
  });
});

describe('the mark of a step that was cancelled before it was submitted', () => {
  const stop = { cause: 'Cancel', reason: 'no', requestedBy: 'me', time: 5 } as const;
  const mark = toTombstone(key, 'glip-acme', stop, 60);

  test("has the step's own name and key, and says who cancelled it", () => {
    expect(mark.metadata.name).toBe(jobName(key));
    const view = projectJob(mark);
    expect(readKey(view.annotations[annotation.key])).toEqual(key);
    expect(readStop(view.annotations[annotation.stop])).toEqual(stop);
    expect(view.annotations).not.toHaveProperty([annotation.specHash]);
  });

  test('never has a pod, and goes by itself', () => {
    expect(mark.spec).toMatchObject({ activeDeadlineSeconds: 0, ttlSecondsAfterFinished: 60 });
  });
});

describe('keys that a caller may not set', () => {
  test.each([
    'app',
    'run_id',
    'step_id',
    'agent',
    'job-name',
    'controller-uid',
    annotation.record,
    `${prefix}x`,
    'x.glip.greenlang.io/y',
    'kubernetes.io/x',
    'app.kubernetes.io/managed-by',
    'batch.kubernetes.io/job-name',
    'node-restriction.kubernetes.io/x',
    'k8s.io/x',
    'a.k8s.io/x',
  ])('%s', (name) => {
    expect(isReserved(name)).toBe(true);
  });

  test.each([
    'team',
    'apps',
    'example.com/app',
    'notkubernetes.io/x',
    'my-k8s.io/x',
    'glip.greenlang.io',
    'greenlang.io/pool',
  ])('not %s', (name) => {
    expect(isReserved(name)).toBe(false);
  });

  test('and none of them is given back as a label of the caller', () => {
    expect(callerLabels({ app: 'x', team: 'y' })).toEqual({ team: 'y' });
  });
});
