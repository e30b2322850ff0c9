import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { check } from '../../../src/app/check.ts';
import type { Check } from '../../../src/cli/check/check.ts';
import type { KubernetesLine } from '../../support/control-plane/binaries.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/start.ts';
import { configOf } from '../../support/executor.ts';
import { accessWithOurRights } from '../../support/executor-rights.ts';
import { must } from '../../support/tenants.ts';

/** A control plane, stopped behind the test. Without `providers` it has no EncryptionConfiguration. */
async function start(
  line: KubernetesLine,
  providers?: readonly ('aescbc' | 'identity')[],
): Promise<ControlPlane> {
  const apiServerFlags: string[] = [];
  if (providers !== undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'glip-encryption-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'encryption.json');
    const of = {
      aescbc: { aescbc: { keys: [{ name: 'key1', secret: randomBytes(32).toString('base64') }] } },
      identity: { identity: {} },
    };
    const resources = [{ resources: ['secrets'], providers: providers.map((name) => of[name]) }];
    const document = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources };
    await writeFile(file, JSON.stringify(document));
    apiServerFlags.push(`--encryption-provider-config=${file}`);
  }
  const controlPlane = await startControlPlane({ line, nodes: [], apiServerFlags });
  onTestFinished(() => controlPlane.stop());
  return controlPlane;
}

const store = (controlPlane: ControlPlane) =>
  must(controlPlane, 'POST', '/api/v1/namespaces/default/secrets', {
    metadata: { name: 'stored' },
    stringData: { a: 'b' },
  });

/** May read metrics, and nothing else: least of all a Secret. */
async function monitor(controlPlane: ControlPlane): Promise<string> {
  const path = '/apis/rbac.authorization.k8s.io/v1';
  const rules = [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }];
  await must(controlPlane, 'POST', `${path}/clusterroles`, { metadata: { name: 'monitor' }, rules });
  await must(controlPlane, 'POST', `${path}/clusterrolebindings`, {
    metadata: { name: 'monitor' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'monitor' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'monitor' }],
  });
  return controlPlane.kubeconfigFor({ user: 'monitor' });
}

async function atRest(kubeconfig: string): Promise<Pick<Check, 'status' | 'what'>> {
  const { checks } = await check(configOf({ cluster: 'kubernetes', kubeconfig }));
  const found = checks.find(({ name }) => name === 'secrets at rest');
  if (found === undefined) throw new Error('it was not looked at');
  return { status: found.status, what: found.what };
}

const open = 'Secrets are not encrypted at rest: ';
const notKnown = 'whether Secrets are encrypted at rest is not known: ';

/** What `check` says of Secrets at rest, from what a real API server shows. */
export function describeSecretsAtRest(line: KubernetesLine): void {
  describe(`Secrets at rest, of Kubernetes ${line}`, { timeout: 120_000 }, () => {
    test('not encrypted', async () => {
      const controlPlane = await start(line);
      const ask = await monitor(controlPlane);
      expect(await atRest(ask)).toEqual({
        status: 'warn',
        what: `${notKnown}the API server has stored no Secret since it started`,
      });
      await store(controlPlane);
      expect(await atRest(ask)).toEqual({
        status: 'warn',
        what: `${open}the API server stores Secrets as they are`,
      });

      const access = await accessWithOurRights(controlPlane);
      const executor = access.kind === 'kubeconfig' ? (access.file ?? '') : '';
      const blind = `${notKnown}neither metrics nor flags of the API server can be read`;
      expect(await atRest(executor)).toEqual({ status: 'warn', what: blind });
      // As kubeadm shows its API server.
      const mirror = (name: string, flags: readonly string[]) =>
        must(controlPlane, 'POST', '/api/v1/namespaces/kube-system/pods', {
          metadata: { name, labels: { component: 'kube-apiserver' } },
          spec: {
            containers: [{ name: 'kube-apiserver', image: 'x', command: ['kube-apiserver', ...flags] }],
          },
        });
      await mirror('one', ['--etcd-servers=http://127.0.0.1:2379']);
      const without = 'no API server of this cluster has the flag --encryption-provider-config';
      expect(await atRest(executor)).toEqual({ status: 'warn', what: open + without });
      await mirror('two', ['--encryption-provider-config=/etc/encryption.yaml']);
      expect((await atRest(executor)).what).toContain('some of the API servers');
    });

    test('encrypted', async () => {
      const controlPlane = await start(line, ['aescbc', 'identity']);
      const ask = await monitor(controlPlane);
      expect((await atRest(ask)).what).toContain(notKnown);
      await store(controlPlane);
      const said =
        line === '1.30'
          ? { status: 'warn', what: `${notKnown}the API server encrypts with aescbc, and does not say what` }
          : { status: 'ok', what: 'the API server encrypts Secrets at rest (aescbc)' };
      expect(await atRest(ask)).toEqual(said);
    });

    test('with a configuration that encrypts nothing', async () => {
      const controlPlane = await start(line, ['identity', 'aescbc']);
      await store(controlPlane);
      const what = `${open}the API server reads and writes Secrets as they are`;
      expect(await atRest(await monitor(controlPlane))).toEqual({ status: 'warn', what });
    });
  });
}
