import type { Environment } from './env.ts';
import type { Config } from './schema.ts';

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export interface Surroundings {
  readonly env: Environment;
  readonly exists: (path: string) => boolean;
}

/** The cluster to use and why, for the log. `auto` is kubernetes as soon as anything says so (DESIGN.md section 8). */
export interface ClusterChoice {
  readonly cluster: 'embedded' | 'kubernetes';
  readonly because: string;
}

export function chooseCluster(
  config: Pick<Config, 'cluster' | 'kubeconfig' | 'context'>,
  { env, exists }: Surroundings,
): ClusterChoice {
  if (config.cluster !== 'auto') return { cluster: config.cluster, because: 'as configured' };
  const kubernetes = (because: string): ClusterChoice => ({ cluster: 'kubernetes', because });
  if (config.kubeconfig !== undefined) return kubernetes('a kubeconfig is configured');
  if (config.context !== undefined) return kubernetes('a context is configured');
  // A wish, even when the file is not there: a step must not run elsewhere because of a typing error.
  if (env.KUBECONFIG) return kubernetes('$KUBECONFIG is set');
  const home = env.HOME ?? env.USERPROFILE;
  if (home && exists(`${home}/.kube/config`)) return kubernetes('~/.kube/config exists');
  if (env.KUBERNETES_SERVICE_HOST && exists(serviceAccountToken))
    return kubernetes('a service account is mounted');
  return { cluster: 'embedded', because: 'neither a kubeconfig nor a service account was found' };
}
