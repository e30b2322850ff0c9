import { describe, expect, test } from 'vitest';
import { annotation, managedBy, retainFinalizer } from '../../src/job/metadata.ts';
import { aConfigMap, aJob, aPod } from '../contract/admission/objects.ts';
import type { ApiResponse } from '../support/control-plane/api.ts';
import { aStep } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { attacker, methods, type Scene, told } from './scene.ts';

const image = 'registry.example/probe:1.0.0';
const ours = { [managedBy.label]: managedBy.value };
/** The policy of deploy/ that refuses, else the status. */
const outcome = ({ status, body }: ApiResponse): string =>
  /ValidatingAdmissionPolicy '([a-z-]+)'/.exec(body?.message ?? '')?.[1] ?? String(status);

/** Attacker K: the built-in role `admin` in the namespace of one tenant. */
export function describeKubernetes(use: () => Scene): void {
  const jo = (method: string, path: string, body?: object, type?: string) =>
    use().jo(method, path, body, type === undefined ? {} : { contentType: type });
  const core = (path: string) => `/api/v1/namespaces/glip-acme/${path}`;
  const jobs = '/apis/batch/v1/namespaces/glip-acme/jobs';
  const policies = '/apis/networking.k8s.io/v1/namespaces/glip-acme/networkpolicies';
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces';
  const jobOfBeta = async () => {
    const { items } = await must(use().cluster, 'GET', '/apis/batch/v1/namespaces/glip-beta/jobs');
    return items[0];
  };

  describe('with the role admin in the namespace of one tenant', () => {
    test.each([
      ['GET', '/api/v1/namespaces/glip-beta/secrets'],
      ['GET', '/api/v1/namespaces/glip-beta/pods'],
      ['GET', '/apis/batch/v1/namespaces/glip-beta/jobs'],
      ['GET', '/api/v1/namespaces/glip-system/secrets'],
      ['DELETE', '/api/v1/namespaces/glip-acme'],
      ['GET', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'],
    ])('no right: %s %s', async (method, path) => {
      expect((await jo(method, path)).status).toBe(403);
    });

    test.each([
      ['description', { annotations: { 'glip.greenlang.io/tenant-spec': '{}' } }],
      ['owner', { annotations: { 'glip.greenlang.io/tenant': 'beta' } }],
      ['sources of images', { annotations: { 'glip.greenlang.io/image-sources': null } }],
      ['label that the policies go by', { labels: { [managedBy.label]: null } }],
      ['Pod Security', { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }],
    ])("no right to the namespace's %s", async (_, metadata) => {
      const answer = await jo('PATCH', '/api/v1/namespaces/glip-acme', { metadata });
      expect(outcome(answer)).toBe('403');
    });

    test('no right is given that was not had: not the executor’s, not another tenant’s', async () => {
      const bind = (namespace: string, name: string) =>
        jo('POST', `${rbac}/${namespace}/rolebindings`, {
          metadata: { name: 'more' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jo' }],
        });
      expect(outcome(await bind('glip-acme', 'glip-executor'))).toBe('403');
      expect(outcome(await bind('glip-acme', 'cluster-admin'))).toBe('403');
      expect(outcome(await bind('glip-beta', 'admin'))).toBe('403');
    });

    test('no step is forged: neither a Job of another’s key, nor a pod of another’s Job, nor an end', async () => {
      const job = await jobOfBeta();
      const { name, labels, annotations } = job.metadata;
      expect(outcome(await jo('POST', jobs, aJob(image, { name, labels, annotations })))).toBe('glip-marks');
      expect(
        outcome(
          await jo(
            'POST',
            jobs,
            aJob(image, { annotations: { [annotation.key]: annotations[annotation.key] } }),
          ),
        ),
      ).toBe('glip-marks');
      const uid = { 'batch.kubernetes.io/controller-uid': job.metadata.uid };
      expect(outcome(await jo('POST', core('pods'), aPod(image, { labels: uid })))).toBe('glip-marks');
      expect(outcome(await jo('POST', core('pods'), aPod(image, { labels: { ...uid, ...ours } })))).toBe(
        'glip-marks',
      );
      expect(outcome(await jo('POST', jobs, aJob(image, { finalizers: [retainFinalizer] })))).toBe(
        'glip-marks',
      );
      const much = { 'glip.greenlang.io/x': 'x'.repeat(200_000) };
      expect(outcome(await jo('POST', jobs, aJob(image, { annotations: much })))).toBe('glip-marks');
      expect(
        outcome(await jo('POST', core('configmaps'), aConfigMap({ name: 'glip-inputs-inv-1-abc' }))),
      ).toBe('glip-marks');
    });

    test('a step of its own tenant gets neither another end, nor a stop, nor longer', async () => {
      const request = aStep(use().cluster, { tenant: 'acme', agent: { hang: true } });
      expect(told(await use().call({ method: methods.submitStep, request }))).toBe('OK');
      const job = await until('its Job is there', async () => {
        const { items } = await must(use().cluster, 'GET', jobs);
        return items.find((one: { metadata: { annotations?: Record<string, string> } }) =>
          one.metadata.annotations?.[annotation.key]?.includes(request.key.runId),
        );
      });
      const path = `${jobs}/${job.metadata.name}`;
      for (const change of [
        { metadata: { annotations: { [annotation.record]: '{"state":"SUCCEEDED"}' } } },
        { metadata: { annotations: { [annotation.stop]: '{"cause":"Cancel"}' } } },
        { metadata: { finalizers: [retainFinalizer] } },
        { metadata: { ownerReferences: [] } },
        { spec: { activeDeadlineSeconds: 1_000_000 } },
      ])
        expect(outcome(await jo('PATCH', path, change)), JSON.stringify(change)).toBe('glip-marks');
      const target = { case: 'key', value: request.key };
      expect(told(await use().call({ method: methods.cancelStep, request: { target } }))).toBe('OK');
    });

    test('an Event about a Job of another tenant says nothing of its step', async () => {
      const { metadata } = await jobOfBeta();
      const involved = (namespace: string) => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: metadata.name,
        uid: metadata.uid,
        namespace,
      });
      const event = (namespace: string) => ({
        metadata: { name: `forged-${namespace}` },
        involvedObject: involved(namespace),
        type: 'Warning',
        reason: 'FailedCreate',
        message: 'forged: exceeded quota',
      });
      // The role may write Events, about its own namespace alone.
      expect(outcome(await jo('POST', core('events'), event('glip-beta')))).toBe('422');
      expect(outcome(await jo('POST', core('events'), event('glip-acme')))).toBe('201');
    });

    test('what isolates its tenant is not deleted, changed or widened', async () => {
      for (const name of ['glip-deny-all', 'glip-allow-dns', 'glip-allow-egress'])
        expect(outcome(await jo('DELETE', `${policies}/${name}`))).toBe('glip-tenants');
      expect(outcome(await jo('DELETE', policies))).toBe('glip-tenants');
      expect(outcome(await jo('PATCH', `${policies}/glip-deny-all`, { spec: { egress: [{}] } }))).toBe(
        'glip-tenants',
      );
      const spec = { podSelector: {}, policyTypes: ['Egress'], egress: [{}] };
      expect(outcome(await jo('POST', policies, { metadata: { name: 'open' }, spec }))).toBe('glip-tenants');
      const account = core('serviceaccounts/glip-agent-acme');
      expect(outcome(await jo('PATCH', account, { automountServiceAccountToken: true }))).toBe(
        'glip-tenants',
      );
      expect(outcome(await jo('DELETE', account))).toBe('glip-tenants');
      expect(outcome(await jo('DELETE', core('resourcequotas/glip-quota')))).toBe('403');
      expect((await must(use().cluster, 'GET', policies)).items.length).toBeGreaterThanOrEqual(3);
    });

    test('no pod gets past Pod Security, which the namespace enforces', async () => {
      const pods = (spec: object) => jo('POST', core('pods'), aPod(image, {}, spec));
      for (const spec of [
        { hostNetwork: true },
        { hostPID: true },
        { volumes: [{ name: 'x', hostPath: { path: '/' } }] },
        { containers: [{ name: 'main', image, securityContext: { privileged: true } }] },
      ])
        expect((await pods(spec)).body.message).toContain('violates PodSecurity "restricted:latest"');
    });

    test('an owner in another tenant takes away what names it, and nothing of that tenant', async () => {
      const { metadata } = await jobOfBeta();
      const owner = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: metadata.name,
        uid: metadata.uid,
        blockOwnerDeletion: true,
      };
      const made = await jo('POST', core('configmaps'), {
        metadata: { name: 'child', ownerReferences: [owner] },
      });
      expect(outcome(made)).toBe('201');
      await until(
        'the garbage collector has taken it',
        async () => (await jo('GET', core('configmaps/child'))).status === 404,
      );
      expect((await jobOfBeta()).metadata.uid).toBe(metadata.uid);
    });

    test('a finalizer of its own holds its own object and no other', async () => {
      const path = core('configmaps/held');
      expect(
        outcome(
          await jo('POST', core('configmaps'), {
            metadata: { name: 'held', finalizers: ['evil.example/hold'] },
          }),
        ),
      ).toBe('201');
      await jo('DELETE', path);
      expect((await jo('GET', path)).body.metadata.deletionTimestamp).toBeDefined();
      expect(outcome(await jo('PATCH', path, { metadata: { finalizers: null } }))).toBe('200');
    });

    test("tokens of its tenant's accounts may nothing: not in the cluster, and not at the executor", async () => {
      const token = async (...audiences: string[]) => {
        const { body } = await jo('POST', core('serviceaccounts/glip-agent-acme/token'), {
          spec: { audiences },
        });
        return body.status.token as string;
      };
      const key = use().beta.key;
      const ask = async (who: { token: string }) =>
        told(await use().call({ method: methods.getStep, request: { key } }, { who }));
      expect(await ask({ token: await token('https://kubernetes.default.svc') })).toMatch(
        /^UNAUTHENTICATED /,
      );
      // For the executor it is somebody, whom no rule knows.
      const good = { token: await token('glip-executor') };
      expect(await ask(good)).toBe('PERMISSION_DENIED NOT_ALLOWED');
      const request = aStep(use().cluster, { tenant: 'acme', validateOnly: true });
      expect(told(await use().call({ method: methods.submitStep, request }, { who: good }))).toBe(
        'PERMISSION_DENIED NOT_ALLOWED',
      );
      const agent = await use().cluster.request('GET', core('secrets'), undefined, {
        headers: { 'impersonate-user': 'system:serviceaccount:glip-acme:glip-agent-acme' },
      });
      expect(agent.status).toBe(403);
    });

    test('the caller of acme sees no trace of all that', async () => {
      const { frames } = await use().call(
        { method: methods.listSteps, request: { filter: { tenant: 'acme' } } },
        { who: attacker },
      );
      const text = JSON.stringify(frames, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
      expect(text).not.toContain('forged');
    });
  });
}
