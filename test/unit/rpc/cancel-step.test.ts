import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { CancelStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation } from '../../../src/job/metadata.ts';
import { recordPatch } from '../../../src/job/record.ts';
import { createCancelStep } from '../../../src/rpc/cancel-step.ts';
import type { CallContext } from '../../../src/rpc/handler.ts';
import { agent, aJob, aPod, createCluster, createTime, key, running } from '../observe/cluster.ts';

const never = new AbortController().signal;
const theirs = {
  end: {
    state: 'SUCCEEDED' as const,
    outcome: { reason: 'Completed', message: '', exitMeaning: '', mayHaveStarted: true, agentReportJson: '' },
    time: createTime,
    incarnation: 0,
  },
  timeline: [],
  image: 'agent:1',
};

/** A replica that sees a step run, and the ways to it. */
function start(status: object = running) {
  const cluster = createCluster();
  const { registry, store } = cluster;
  cluster.put(aJob());
  cluster.putPod(aPod('job-1', status));
  // The Jobs of these tests have names of their own.
  const named = { ...store, getJob: (ns: string) => store.getJob(ns, 'glip-job-1', never) };
  const handler = createCancelStep({
    registry,
    store: named,
    namespacePrefix: 'glip-',
    now: () => createTime,
    ttlSeconds: 60,
    refuseTenant: () => undefined,
  });
  const cancel = async () => {
    const target = { case: 'key' as const, value: { ...key, stepId: 'job-1' } };
    const context = { signal: never, caller: { name: 'somebody' } } as CallContext;
    const { steps } = await handler(create(CancelStepRequestSchema, { target }), context);
    return steps?.[0]?.state;
  };
  const patchJob = (patch: Parameters<typeof store.patchJob>[2]) =>
    store.patchJob('glip-acme', 'glip-job-1', patch, never, 'record');
  return { ...cluster, cancel, patchJob };
}

test('a step whose end another replica has recorded unheard is left as it ended, and so is its Job', async () => {
  const { cancel, patchJob, job, step } = start();
  await patchJob(recordPatch('job-1', theirs));
  expect(step()?.state).toBe('RUNNING');
  expect(await cancel()).toBe(StepState.SUCCEEDED);
  expect(job()?.spec.activeDeadlineSeconds).toBe(1_000);
  expect(job()?.metadata.annotations).not.toHaveProperty(annotation.stop);
});

test('a step is cancelled also where somebody has damaged the place of its record', async () => {
  const { cancel, put, job } = start(agent({ running: {} }));
  put(aJob('job-1', { annotations: { [annotation.record]: 'by hand' } }), false);
  expect(await cancel()).toBe(StepState.CANCELLING);
  expect(job()?.spec.activeDeadlineSeconds).toBe(0);
});
