import { describe, expect, test } from 'vitest';
import { serviceAccountOf } from '../../../src/job/names.ts';
import { stateName } from '../../support/states.ts';
import { createTenant, must } from '../../support/tenants.ts';
import type { ContractPart } from './context.ts';
import { patchJob } from './objects.ts';
import { limitPods, postJob, refusePods, waitsFor } from './waits.ts';

/** A step that waits says why, with the numbers that matter, and what would help. */
export const waiting: ContractPart = (context) => {
  describe('without a pod', () => {
    test('the quota is used up; when it is raised, the step goes on', async () => {
      const { client, cluster, step } = context();
      const { name: tenant, namespace } = await createTenant(cluster, 'quota');
      const raise = await limitPods(cluster, namespace, 0);
      const request = step({ tenant });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting, phase } = await waitsFor(watch, 'QuotaExceeded');
      expect(waiting.message).toBe('The quota steps is used up: pods: 1 asked, 0 of 0 used.');
      expect(waiting.remedy).toMatch(/raise the tenant's quota/);
      expect(waiting.giveUpTime).toBeDefined();
      expect(phase).toBe('QUEUED');
      await raise(10);
      expect(stateName(await watch.final())).toBe('SUCCEEDED');
    });

    test('for the same as before, and is given up sooner: that is told, and once', async () => {
      const { client, cluster, step } = context();
      const { name: tenant, namespace } = await createTenant(cluster, 'sooner');
      await limitPods(cluster, namespace, 0);
      const request = step({ tenant });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting: before } = await waitsFor(watch, 'QuotaExceeded');
      const from = watch.frames.length;
      await patchJob(cluster, watch.step!, { spec: { activeDeadlineSeconds: 1_800 } });
      const { waiting } = await watch.when('another time', () =>
        watch.step?.waiting?.giveUpTime?.seconds !== before.giveUpTime?.seconds ? watch.step : undefined,
      );
      expect(waiting).toMatchObject({ reason: 'QuotaExceeded', message: before.message });
      const moved = Number(before.giveUpTime!.seconds - waiting!.giveUpTime!.seconds);
      // The queue timeout is an hour, with the second by which it waits for times that are cut.
      expect(moved).toBeGreaterThan(1_795);
      expect(moved).toBeLessThan(1_810);
      expect((await client.get(request.key)).waiting).toEqual(waiting);
      expect(watch.frames.slice(from).filter(({ frame }) => frame.case === 'update')).toHaveLength(1);
      await client.cancel(request.key);
      await watch.final();
    });

    test('the service account is missing', async () => {
      const { client, cluster, step } = context();
      const { name: tenant, namespace } = await createTenant(cluster, 'no-account', { account: false });
      const request = step({ tenant });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting } = await waitsFor(watch, 'ServiceAccountMissing');
      expect(waiting.message).toContain(`${namespace}/${serviceAccountOf(tenant)}`);
      await client.cancel(request.key);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
    });

    test('Pod Security refuses the pod, by the rules that it names', async () => {
      const { client, cluster, step } = context();
      const request = step();
      const path = await postJob(cluster, request, (spec) => {
        spec.securityContext = {};
        for (const container of spec.containers) container.securityContext = {};
      });
      const watch = client.watch(request.key);
      const { waiting } = await waitsFor(watch, 'PodSecurityRefused');
      expect(waiting.message).toMatch(
        /^Pod Security "restricted:latest" refuses the pod: .*runAsNonRoot != true/,
      );
      // A cancel would make the API server warn of that Job, which no executor makes.
      await must(cluster, 'DELETE', path);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'JobDeleted' });
    });

    test('a policy refuses the pod, and says which', async ({ skip }) => {
      const { client, cluster, step } = context();
      if (cluster.name === 'embedded') skip('this cluster has no admission policies');
      const { name: tenant, namespace } = await createTenant(cluster, 'policy');
      const request = step({ tenant });
      await refusePods(cluster, request, namespace, 'no-pods-here', 'not on a Friday');
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting } = await waitsFor(watch, 'AdmissionRefused');
      expect(waiting.message).toBe('The admission policy no-pods-here refuses the pod: not on a Friday.');
      await client.cancel(request.key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('somebody has suspended the Job', async () => {
      const { client, cluster, step } = context();
      const request = step();
      const path = await postJob(cluster, request, () => undefined, { suspend: true });
      const watch = client.watch(request.key);
      const { phase } = await waitsFor(watch, 'Suspended');
      expect(phase).toBe('QUEUED');
      await must(cluster, 'PATCH', path, { spec: { suspend: false } });
      await client.submit(request);
      expect(stateName(await watch.final())).toBe('SUCCEEDED');
    });
  });

  describe('with a pod', () => {
    test('no node has room: which resource, and how much is asked for', async () => {
      const { client, step } = context();
      const request = step({ resources: { cpu: '8', memory: '8Gi' } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting, phase } = await waitsFor(watch, 'Unschedulable');
      expect(waiting.message).toMatch(/^0\/\d nodes are available: \d Insufficient cpu.* It asks for 8 cpu/);
      expect(waiting.remedy).toMatch(/^Ask for less cpu, or add nodes that have it \(\d nodes?\)/);
      expect(phase).toBe('SCHEDULING');
      await client.cancel(request.key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('a gate keeps the scheduler away', async () => {
      const { client, cluster, step } = context();
      const request = step();
      await postJob(cluster, request, (spec) => {
        spec.schedulingGates = [{ name: 'example.com/budget' }];
      });
      const watch = client.watch(request.key);
      await waitsFor(watch, 'Gated');
      await client.cancel(request.key);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
    });

    test.for([
      ['missing', 'ImageNotFound', /does not have the image/],
      ['denied', 'ImageAccessDenied', /does not give the image/],
      ['unreachable', 'RegistryUnavailable', /is not reached/],
    ] as const)('the image cannot be had: %s', async ([image, reason, words], { skip }) => {
      const { client, cluster, step } = context();
      const plays = cluster.name !== 'embedded' || image === 'missing';
      if (!plays) skip('this cluster plays no registries');
      const request = step({ agent: { image } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting, phase } = await waitsFor(watch, reason);
      expect(waiting.message).toMatch(words);
      expect(phase).toBe('PULLING_IMAGE');
      await client.cancel(request.key);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
    });

    test('the step’s own manifest is missing; the submit, repeated, completes it', async ({ skip }) => {
      const { client, cluster, step } = context();
      if (!cluster.runsAgents) skip('the nodes of this cluster mount nothing');
      const request = step();
      await postJob(cluster, request, () => undefined);
      const watch = client.watch(request.key);
      const { waiting } = await waitsFor(watch, 'ConfigMapMissing');
      expect(waiting.remedy).toBe('Repeat the submit: it completes what is missing.');
      await client.submit(request);
      expect(stateName(await watch.final())).toBe('SUCCEEDED');
    });

    test('a Secret is missing', async ({ skip }) => {
      const { client, cluster, step } = context();
      if (!cluster.runsAgents) skip('the nodes of this cluster read no Secrets');
      const request = step();
      await postJob(cluster, request, (spec) => {
        const secretKeyRef = { name: 'no-such-secret', key: 'token' };
        for (const container of spec.containers)
          container.env.push({ name: 'TOKEN', valueFrom: { secretKeyRef } });
      });
      await client.submit(request);
      const watch = client.watch(request.key);
      const { waiting } = await waitsFor(watch, 'SecretMissing');
      expect(waiting.message).toBe('The container cannot be made: secret "no-such-secret" not found');
      await client.cancel(request.key);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
    });
  });
};
