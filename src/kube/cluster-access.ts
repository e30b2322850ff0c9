/** Where the way into the cluster is described. */
export type ClusterAccess =
  /** A kubeconfig file; without `file`, kubectl's chain: $KUBECONFIG, ~/.kube/config, the pod's service account. */
  | { readonly kind: 'kubeconfig'; readonly file?: string; readonly context?: string }
  | { readonly kind: 'in-cluster' }
  /** A server in this process, or a test's: plain HTTP is allowed on loopback. */
  | { readonly kind: 'fixed'; readonly server: string; readonly token?: string };
