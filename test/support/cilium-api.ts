import { must } from './tenants.ts';
import { until } from './until.ts';

type Cluster = Parameters<typeof must>[0];

/**
 * CiliumNetworkPolicies without Cilium: their group, version and names, and no schema, so that an API server stores what it gets. Whether Cilium
 * takes it is for test/egress.
 */
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ciliumnetworkpolicies.cilium.io' },
  spec: {
    group: 'cilium.io',
    scope: 'Namespaced',
    names: {
      kind: 'CiliumNetworkPolicy',
      listKind: 'CiliumNetworkPolicyList',
      plural: 'ciliumnetworkpolicies',
      singular: 'ciliumnetworkpolicy',
    },
    versions: [
      {
        name: 'v2',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** Resolves when the API server serves them. */
export async function installCiliumApi(cluster: Cluster, crd: object = definition): Promise<void> {
  await must(cluster, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  await until('the API server serves CiliumNetworkPolicies', async () => {
    const { status } = await cluster.request('GET', '/apis/cilium.io/v2/ciliumnetworkpolicies');
    return status === 200;
  });
}
