import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TenantState } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';
import { connectTenants, type SpecInit } from '../../support/tenant-client.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import type { ContractContext, ContractPart } from './context.ts';

const spec: SpecInit = {
  quota: { 'requests.cpu': '2', 'limits.memory': '4Gi', pods: '10' },
  egress: [
    { to: { case: 'cidr', value: '0.0.0.0/0' }, ports: [443] },
    { to: { case: 'namespace', value: 'shared' } },
  ],
  labels: { 'cost-centre': 'c-17' },
  imagePullSecrets: ['registry'],
};

/** Clients of both replicas, closed behind the test. */
async function withTenants<T>(
  { replicas }: ContractContext,
  use: (client: ReturnType<typeof connectTenants>, other: ReturnType<typeof connectTenants>) => Promise<T>,
): Promise<T> {
  const clients = [connectTenants(replicas[0].grpc), connectTenants(replicas[1].grpc)] as const;
  try {
    return await use(...clients);
  } finally {
    for (const client of clients) client.close();
  }
}

/** TenantService: what is laid down, who is refused, and how a tenant ends. What becomes of changes by others is in test/contract/drift. */
export const tenants: ContractPart = (context) => {
  test('a tenant is laid down as described, the same again, and otherwise when it is described otherwise', () =>
    withTenants(context(), async (client, other) => {
      const { cluster } = context();
      const made = await client.ensure('laid_down', spec);
      expect(made).toMatchObject({ tenant: 'laid_down', declared: false });
      expect(made.namespace).toMatch(/^glip-laid-down-x[a-z2-7]{20}$/);
      const ready = await client.ready('laid_down', spec);
      expect(ready).toMatchObject({ state: TenantState.READY, problems: [] });
      expect(ready.spec).toMatchObject({ quota: { pods: '10' }, labels: { 'cost-centre': 'c-17' } });
      const get = (path: string) => must(cluster, 'GET', path);
      const inside = (group: string, rest: string) => get(`${group}/namespaces/${ready.namespace}/${rest}`);
      const namespace = await get(`/api/v1/namespaces/${ready.namespace}`);
      expect(namespace.metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
        'cost-centre': 'c-17',
      });
      expect(namespace.metadata.annotations['glip.greenlang.io/tenant']).toBe('laid_down');
      const quota = await inside('/api/v1', 'resourcequotas/glip-quota');
      expect(quota.spec.hard).toEqual({ 'requests.cpu': '2', 'limits.memory': '4Gi', pods: '10' });
      const { items: accounts } = await inside('/api/v1', 'serviceaccounts');
      const agent = accounts.find((a: { metadata: { name: string } }) =>
        a.metadata.name.startsWith('glip-agent-'),
      );
      expect(agent).toMatchObject({
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: 'registry' }],
      });
      const { items: policies } = await inside('/apis/networking.k8s.io/v1', 'networkpolicies');
      const egressOf = (name: string) =>
        policies.find((p: { metadata: { name: string } }) => p.metadata.name === name).spec.egress;
      expect(egressOf('glip-deny-all')).toBeUndefined();
      expect(egressOf('glip-allow-egress')[0]).toEqual({
        to: [
          {
            ipBlock: {
              cidr: '0.0.0.0/0',
              except: ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'],
            },
          },
        ],
        ports: [{ protocol: 'TCP', port: 443 }],
      });
      await until(
        'the other replica has it',
        async () => (await other.get('laid_down')).state === TenantState.READY,
      );
      await until('its use is counted', async () => (await client.get('laid_down')).used.pods === '0');

      // Doing it twice changes nothing.
      const versions = async () => [
        (await get(`/api/v1/namespaces/${ready.namespace}`)).metadata.resourceVersion,
        (await inside('/apis/networking.k8s.io/v1', 'networkpolicies/glip-allow-egress')).metadata
          .resourceVersion,
      ];
      const before = await versions();
      await other.ready('laid_down', spec);
      expect(await versions()).toEqual(before);

      await other.ready('laid_down', { quota: { pods: '5' } });
      const less = await inside('/api/v1', 'resourcequotas/glip-quota');
      expect(less.spec.hard).toEqual({ pods: '5' });
      const labels = (await get(`/api/v1/namespaces/${ready.namespace}`)).metadata.labels;
      expect(labels).not.toHaveProperty('cost-centre');
      expect(labels).toHaveProperty(['pod-security.kubernetes.io/enforce'], 'restricted');
      const closed = await inside('/apis/networking.k8s.io/v1', 'networkpolicies/glip-allow-egress');
      expect(closed.spec.egress ?? []).toEqual([]);
      await client.delete('laid_down');
    }));

  test('a step runs in a tenant that was laid down, by its defaults and within its bounds', () =>
    withTenants(context(), async (client) => {
      const { cluster, client: steps } = context();
      const described: SpecInit = {
        pools: ['standard'],
        priorityClasses: ['batch-low'],
        defaultOptions: { gracePeriod: { seconds: 7n }, ttlAfterFinished: { seconds: 600n } } as never,
      };
      await client.ready('runner', described);
      const request = aStep(cluster, { tenant: 'runner' });
      await steps.submit(request);
      expect(stateName(await steps.watch(request.key).final())).toBe('SUCCEEDED');
      const { job } = await steps.get(request.key);
      const object = await must(
        cluster,
        'GET',
        `/apis/batch/v1/namespaces/${job?.namespace}/jobs/${job?.name}`,
      );
      expect(object.spec.ttlSecondsAfterFinished).toBe(600);
      expect(object.spec.template.spec.terminationGracePeriodSeconds).toBe(7);
      // The defaults are no part of the spec.
      await client.ready('runner', { ...described, defaultOptions: undefined as never });
      expect((await steps.submit(request)).created).toBe(false);
      const wrong = await refusal(
        steps.submit(aStep(cluster, { tenant: 'runner', options: { pool: 'gpu', priorityClass: 'urgent' } })),
      );
      expect(wrong).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
      expect(wrong.violations.map(({ field }) => field).sort()).toEqual([
        'options.pool',
        'options.priority_class',
      ]);
      await client.delete('runner', { force: true });
    }));

  test('the namespace of the executor itself is no tenant, and takes no steps', () =>
    withTenants(context(), async (client) => {
      const { cluster, client: steps } = context();
      const calls = [
        client.ensure('system'),
        client.ensure('system', {}, { validateOnly: true }),
        steps.submit(aStep(cluster, { tenant: 'system' })),
        steps.cancel(aStep(cluster, { tenant: 'system' }).key),
      ];
      for (const error of await Promise.all(calls.map(refusal)))
        expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'NAMESPACE_TAKEN' });
    }));

  test('a tenant with live steps goes only by force, which cancels them; its end is confirmed', () =>
    withTenants(context(), async (client, other) => {
      const { cluster, client: steps } = context();
      await client.ready('leaver');
      const request = aStep(cluster, { tenant: 'leaver', agent: { hang: true } });
      await steps.submit(request);
      const watch = steps.watch(request.key);
      await watch.until('it runs', (s) => stateName(s) === 'RUNNING');
      for (const replica of [client, other]) {
        const error = await refusal(replica.delete('leaver'));
        expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'TENANT_IN_USE' });
        expect(error.metadata).toMatchObject({ live_steps: '1' });
      }
      expect((await client.delete('leaver', { force: true })).state).toBe(TenantState.DELETING);
      expect(['CANCELLED', 'FAILED']).toContain(stateName(await watch.final()));
      const late = await refusal(steps.submit(aStep(cluster, { tenant: 'leaver' })));
      expect(['TENANT_DELETING', 'TENANT_UNKNOWN']).toContain(late.reason);
      for (const replica of [client, other])
        await until('it is gone', async () => {
          const answer = await replica.delete('leaver').catch((error: unknown) => error);
          return (answer as { reason?: string }).reason === 'TENANT_UNKNOWN';
        });
      // The name is free again.
      await client.ready('leaver');
      await client.delete('leaver');
    }));

  test('a namespace that is not the tenant`s is left alone until it is handed over', () =>
    withTenants(context(), async (client) => {
      const { cluster } = context();
      const { namespace } = await createTenant(cluster, 'by-hand');
      const path = `/api/v1/namespaces/${namespace}`;
      for (const validateOnly of [true, false]) {
        const taken = await refusal(client.ensure('by-hand', {}, { validateOnly }));
        expect(taken).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'NAMESPACE_TAKEN' });
      }
      expect(await refusal(client.get('by-hand'))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'TENANT_UNKNOWN',
      });
      expect(await refusal(client.delete('by-hand'))).toMatchObject({ reason: 'TENANT_UNKNOWN' });
      const hand = (tenant: string) =>
        must(
          cluster,
          'PATCH',
          path,
          { metadata: { annotations: { 'glip.greenlang.io/tenant': tenant } } },
          'application/merge-patch+json',
        );
      await hand('somebody-else');
      expect(await refusal(client.ensure('by-hand'))).toMatchObject({
        reason: 'NAMESPACE_TAKEN',
        metadata: { owner: 'somebody-else' },
      });
      await hand('by-hand');
      await client.ready('by-hand');
      await client.delete('by-hand');
    }));

  test('everything that is wrong is said at once, and nothing is made; a dry run makes nothing either', () =>
    withTenants(context(), async (client) => {
      const { cluster } = context();
      const wrong: SpecInit = {
        quota: { 'count/jobs.batch': '5', 'requests.cpu': 'many' },
        pools: ['nowhere'],
        priorityClasses: ['system-node-critical'],
        egress: [{ to: { case: 'cidr', value: '169.254.169.254/32' }, ports: [0] }],
        labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
      };
      const error = await refusal(client.ensure('wrong', wrong));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
      expect(error.violations.map(({ field }) => field).sort()).toEqual([
        'spec.egress[0].cidr',
        'spec.egress[0].ports[0]',
        'spec.labels["pod-security.kubernetes.io/enforce"]',
        'spec.pools[0]',
        'spec.priority_classes[0]',
        'spec.quota["count/jobs.batch"]',
        'spec.quota["requests.cpu"]',
      ]);
      const unsupported = await refusal(client.ensure('wrong', { defaultOptions: { spot: true } as never }));
      expect(unsupported).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'UNSUPPORTED_OPTION' });
      expect((await refusal(client.ensure('No!'))).violations).toMatchObject([{ field: 'tenant' }]);
      const tried = await client.ensure('wrong', spec, { validateOnly: true });
      expect(tried).toMatchObject({ namespace: 'glip-wrong', problems: [], state: TenantState.PROVISIONING });
      expect((await cluster.request('GET', '/api/v1/namespaces/glip-wrong')).status).toBe(404);
    }));

  test('tenants are listed by name, in pages, from every replica', () =>
    withTenants(context(), async (client, other) => {
      const names = ['page-a', 'page-b', 'page-c'];
      for (const name of names) await client.ready(name);
      await until('the other replica has them', async () => {
        const { tenants: all } = await other.list();
        return names.every((name) => all.some((t) => t.tenant === name));
      });
      const first = await client.list({ pageSize: 1 });
      const seen = [...first.tenants];
      for (let token = first.nextPageToken; token !== ''; ) {
        const page = await other.list({ pageSize: 2, pageToken: token });
        seen.push(...page.tenants);
        token = page.nextPageToken;
      }
      const listed = seen.map((t) => t.tenant);
      expect(listed).toEqual(listed.toSorted());
      expect(listed.filter((name) => names.includes(name))).toEqual(names);
      const error = await refusal(client.list({ pageSize: 1_001, pageToken: '!' }));
      expect(error.violations.map(({ field }) => field)).toEqual(['page_size', 'page_token']);
      for (const name of names) await client.delete(name);
    }));

  test('namespaces that were made by hand run steps, unless the executor is told to refuse them', async () => {
    const { cluster, executor } = context();
    const { namespace } = await createTenant(cluster, 'hand-made');
    const strict = await executor({ tenants: { unmanaged: 'refuse' } });
    const request = aStep(cluster, { tenant: 'hand-made' });
    for (const validateOnly of [false, true]) {
      const refused = await refusal(strict.client.submit({ ...request, validateOnly }));
      expect(refused).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'TENANT_UNMANAGED',
        metadata: { namespace },
      });
    }
    const unknown = await refusal(strict.client.submit(aStep(cluster, { tenant: 'never-made' })));
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', reason: 'TENANT_UNKNOWN' });
    expect((await context().client.submit(request)).created).toBe(true);
    const client = connectTenants(strict.grpc);
    await client.ready('strictly');
    expect((await strict.client.submit(aStep(cluster, { tenant: 'strictly' }))).created).toBe(true);
    await client.delete('strictly', { force: true });
    client.close();
  });

  test('an executor that leaves namespaces to people keeps no tenants, and runs their steps', async () => {
    const { cluster, executor } = context();
    await createTenant(cluster, 'left-alone');
    const off = await executor({ tenants: { management: 'off' } });
    const client = connectTenants(off.grpc);
    for (const call of [
      client.list(),
      client.get('left-alone'),
      client.ensure('left-alone'),
      client.delete('left-alone'),
    ].map(refusal))
      expect(await call).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'TENANTS_NOT_MANAGED',
      });
    expect((await off.client.submit(aStep(cluster, { tenant: 'left-alone' }))).created).toBe(true);
    client.close();
  });

  test('tenants of a file are laid down, belong to the file, and come back when their namespace is deleted', async ({
    onTestFinished,
  }) => {
    const { cluster, executor } = context();
    const directory = await mkdtemp(join(tmpdir(), 'glip-tenants-'));
    // The test's own: parts run at once, and the global one goes by whichever has begun last.
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, 'tenants.yaml');
    await writeFile(file, 'tenants: {declared-a: {quota: {pods: "7"}}}');
    const declaring = await executor({ tenants: { file } });
    const client = connectTenants(declaring.grpc);
    const ready = () =>
      until('it is laid down', async () => {
        const now = await client.get('declared-a').catch(() => undefined);
        return now?.state === TenantState.READY ? now : undefined;
      });
    expect(await ready()).toMatchObject({ declared: true, spec: { quota: { pods: '7' } } });
    for (const call of [client.ensure('declared-a'), client.delete('declared-a', { force: true })].map(
      refusal,
    ))
      expect(await call).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'TENANT_DECLARED' });
    expect((await client.list()).tenants.find((t) => t.tenant === 'declared-a')?.declared).toBe(true);
    const path = '/api/v1/namespaces/glip-declared-a';
    const uidOf = async () => (await cluster.request('GET', path)).body.metadata?.uid;
    const first = await uidOf();
    await must(cluster, 'DELETE', path);
    await until('another namespace', async () => ![undefined, first].includes(await uidOf()));
    await ready();
    await writeFile(file, 'tenants: {declared-b: {}}');
    await until('the file has let go of it', async () => !(await client.get('declared-a')).declared);
    await until('and has another', async () => (await client.get('declared-b')).declared);
    await client.delete('declared-a');
    client.close();
    await declaring.stop();
    await must(cluster, 'DELETE', '/api/v1/namespaces/glip-declared-b');
  });
};
