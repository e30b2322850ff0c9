import { StartGuarantee } from '../../../gen/glip/executor/v1/options_pb.js';
import { serviceAccountOf } from '../../../src/job/names.ts';
import { isFinal, isRunning, stateName } from '../../support/states.ts';
import { seconds } from '../../support/step.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { stepOf } from '../../support/watch.ts';
import { cordon } from '../ahead/nodes.ts';
import { getPods } from '../suite/objects.ts';
import { jobOf, orphanInputsOf } from '../suite/plan.ts';
import { isUp, orRefusal, type Stage, told } from './stage.ts';

/** Submits a step; its state when it is over, or what it is when the log speaks of `given`. */
async function endOf(stage: Stage, request: ReturnType<Stage['step']>, given: string): Promise<string> {
  const { client } = stage.executor;
  await client.submit(request);
  const watch = client.watch(request.key);
  return until('its end, or a word in the log', async () => {
    const { step } = watch;
    if (step !== undefined && isFinal(step)) return stateName(step);
    return (
      stage.log().includes(given) && `it stays as it is, and a cancel says ${await cancelled(stage, request)}`
    );
  });
}

const cancelled = ({ executor }: Stage, { key }: ReturnType<Stage['step']>): Promise<string> =>
  orRefusal(executor.client.cancel(key).then(stateName));

/** Submits a step whose agent hangs; resolves when it runs. */
async function running(stage: Stage, options: Parameters<Stage['step']>[0] = {}) {
  const { client } = stage.executor;
  const request = stage.step({ agent: { hang: true }, ...options });
  await client.submit(request);
  const watch = client.watch(request.key);
  return { request, watch, step: await watch.until('it runs', isRunning) };
}

/** What becomes of steps, in the words that whoever has submitted them reads. */
export const steps = {
  async 'a step runs'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    return orRefusal(endOf(stage, stage.step(), 'recording the end of Job'));
  },

  async 'a step starts at most once'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const request = stage.step({ options: { startGuarantee: StartGuarantee.AT_MOST_ONCE } });
    return endOf(stage, request, 'starting the one pod of Job');
  },

  async 'a step is not interruptible'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const request = stage.step({ options: { interruptible: false } });
    return orRefusal(stage.executor.client.submitted(request).then(() => 'taken'));
  },

  async 'a step is tried'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const answer = stage.executor.client.submit(stage.step({ validateOnly: true }));
    return orRefusal(answer.then(({ jobJson }) => `a ${JSON.parse(jobJson).kind} is shown`));
  },

  async 'an earlier Job has left its inputs'(stage: Stage) {
    await isUp(stage);
    const { namespace } = await stage.tenant();
    const request = stage.step();
    const left = orphanInputsOf(request, stage.config);
    await must(stage.cluster, 'POST', `/api/v1/namespaces/${namespace}/configmaps`, left);
    return orRefusal(stage.executor.client.submitted(request).then(() => 'taken'));
  },

  async 'a step is asked for that is not there'(stage: Stage) {
    await isUp(stage);
    return orRefusal(stage.executor.client.get(stage.step().key).then(stateName));
  },

  async 'a step is told to stop sooner'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const { request, step } = await running(stage, {
      agent: { hang: true, onTerm: 'ignore' },
      options: { gracePeriod: seconds(60) },
    });
    await stage.executor.client.cancel(request.key, 'no more', { gracePeriod: seconds(1) });
    return until('its pod is told', async () => {
      const [pod] = await getPods(stage.cluster, step);
      if (pod === undefined) return 'its pod has had its second';
      const { deletionGracePeriodSeconds: grace } = pod.metadata as { deletionGracePeriodSeconds?: number };
      return grace !== undefined && (grace > 1 ? `its pod has ${grace} s` : 'its pod has had its second');
    });
  },

  async 'a step waits for an account'(stage: Stage) {
    await isUp(stage);
    const { namespace, name } = await stage.tenant({ account: false });
    const { client } = stage.executor;
    const request = stage.step();
    await client.submit(request);
    const watch = client.watch(request.key);
    const reasons = () => watch.frames.flatMap((frame) => stepOf(frame)?.waiting?.reason ?? []);
    if (stage.isBlind) {
      await until('Kubernetes says why', async () => {
        const { items } = await must(stage.cluster, 'GET', `/api/v1/namespaces/${namespace}/events`);
        return items.some(({ reason }: { reason: string }) => reason === 'FailedCreate');
      });
      const account = { metadata: { name: serviceAccountOf(name) } };
      await must(stage.cluster, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
      await watch.final();
    } else await watch.when('it is told', () => reasons().length > 0);
    return `${reasons()[0] ?? 'nothing'} is told`;
  },

  async 'a step waits, and for something else then'(stage: Stage) {
    await isUp(stage);
    const { namespace } = await stage.tenant();
    const request = stage.step();
    // No controller looks after it: its Events are ours.
    const job = jobOf(request, stage.config);
    const alone = { ...job, spec: { ...job.spec, managedBy: 'example.com/nobody' } };
    const { metadata } = await must(
      stage.cluster,
      'POST',
      `/apis/batch/v1/namespaces/${namespace}/jobs`,
      alone,
    );
    const { name, uid } = metadata;
    const say = (nth: number) =>
      must(stage.cluster, 'POST', `/api/v1/namespaces/${namespace}/events`, {
        metadata: { name: `${name}.${nth}` },
        involvedObject: { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid },
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: pods "${name}" is forbidden: look no. ${nth}`,
        // The newest counts, and these times are cut to the second.
        lastTimestamp: new Date(Date.now() + nth * 1_000).toISOString().replace(/\.\d+Z$/, 'Z'),
        count: 1,
      });
    const watch = stage.executor.client.watch(request.key);
    const isTold = (nth: number) => watch.step?.waiting?.message.includes(`look no. ${nth}`) === true;
    for (const nth of [1, 2]) {
      await say(nth);
      await watch.when(`look no. ${nth}`, () => isTold(nth));
    }
    await say(3);
    // The next time that Events are listed is far away by now.
    if (stage.isBlind) await stage.afterAnotherStep();
    else await watch.when('look no. 3', () => isTold(3));
    return isTold(3) ? 'it is told at once' : 'it is told late';
  },

  async 'a node is cordoned'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const { watch, step } = await running(stage);
    await cordon(stage.cluster, step.node);
    try {
      if (stage.isBlind) await stage.afterAnotherStep();
      else await watch.until('it is told', (s) => s.disruptionExpected !== undefined);
      return `${watch.step?.disruptionExpected?.cause ?? 'nothing'} is told`;
    } finally {
      await cordon(stage.cluster, step.node, false);
    }
  },

  async 'a log is read'(stage: Stage) {
    await isUp(stage);
    await stage.tenant();
    const { request } = await running(stage);
    const end = await stage.executor.client.logs({ key: request.key }).ended;
    return end === undefined ? 'it is read' : told(end);
  },
};
