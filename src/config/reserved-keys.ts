/**
 * Labels and annotations by which others act on a pod with rights that its owner has not: they inject containers, attach networks, hand out
 * identities of a cloud, change the sandbox. What they do is nobody's to check here, so steps may not ask for it.
 */
export const reservedByDefault: readonly string[] = [
  // Meshes, and what injects containers of its own.
  'istio.io',
  'linkerd.io',
  'consul.hashicorp.com',
  'vault.hashicorp.com',
  'dapr.io',
  'opentelemetry.io',
  'datadoghq.com',
  'dynatrace.com',
  'newrelic.com',
  // Networks beside the one that policies are about, and addresses of others.
  'cni.cncf.io',
  'multus-cni.io',
  'projectcalico.org',
  'cilium.io',
  'ovn.org',
  'antrea.io',
  // Identities of a cloud.
  'amazonaws.com',
  'azure.workload.identity',
  'aadpodidbinding',
  'gke.io',
  // The sandbox itself.
  'io.kubernetes.cri-o.*',
  'io.katacontainers.*',
  'io.containerd.*',
  'openshift.io',
  // Nodes that may not go: `interruptible` is for that.
  'karpenter.sh',
];
