import { afterAll, describe, expect, test } from 'vitest';
import { neededAccess } from '../../src/cli/check/permissions.ts';
import { managedBy } from '../../src/job/metadata.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { applyFile } from '../support/deploy.ts';
import { accessWithOurRights, createAudit, rightName } from '../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { describeContract } from './suite/describe-contract.ts';

/**
 * An apply that makes an object needs the right to create it, and is written down as a patch. Events tell of repairs, which
 * drift.real.test.ts makes under these same rights.
 */
const elsewhere = ['create events', 'create limitranges', 'create resourcequotas', 'create serviceaccounts'];

const asPatch = (right: string): string => right.replace(/^create /, 'patch ');

/** Namespaces that tests make by hand get the label by which deploy/admission-policy.yaml knows those of tenants. */
const underPolicies = (cluster: RealCluster): RealCluster => ({
  ...cluster,
  request: (method, path, body, options) => {
    if (method !== 'POST' || path !== '/api/v1/namespaces')
      return cluster.request(method, path, body, options);
    const { metadata, ...rest } = body as { metadata: { labels?: object } };
    const labels = { ...metadata.labels, [managedBy.label]: managedBy.value };
    return cluster.request(method, path, { ...rest, metadata: { ...metadata, labels } }, options);
  },
});

describe.skipIf(!isAvailable())('contract', () => {
  const audit = createAudit();
  afterAll(audit.remove);

  describeContract(
    'on a real control plane, with the rights of deploy/rbac.yaml alone and under its policies',
    async () => {
      const cluster = await startRealCluster({ apiServerFlags: audit.flags });
      await applyFile(cluster.controlPlane, 'admission-policy.yaml');
      return { ...underPolicies(cluster), access: await accessWithOurRights(cluster.controlPlane) };
    },
  );

  // What is used is refused without its right; what is not used nobody needs.
  test('each of these rights was used, and no other was asked for', () => {
    const calls = audit.calls();
    // What a setting asks for is proven where that is on.
    const rights = neededAccess
      .filter(({ setting }) => setting === undefined || setting === 'tenants.management')
      // Cilium's API is in hosts.real.test.ts.
      .filter(({ addOn }) => addOn !== true)
      .flatMap((needed) => needed.verbs.map((verb) => rightName(needed, verb)));
    expect([...calls.keys()].sort()).toEqual(rights.filter((right) => !elsewhere.includes(right)).sort());
    const refused = [...calls].filter(([, statuses]) => statuses.has(403)).map(([call]) => call);
    // A quota and Pod Security answer so, too, and a namespace that goes to whatever is applied in it.
    const applied = [...elsewhere, 'create networkpolicies.networking.k8s.io'].map(asPatch);
    const byAdmission = ['create jobs.batch', 'create pods', ...applied];
    expect(refused.filter((call) => !byAdmission.includes(call))).toEqual([]);
  });
});
