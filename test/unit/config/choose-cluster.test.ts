import { expect, test } from 'vitest';
import { chooseCluster } from '../../../src/config/choose-cluster.ts';

const none = { kubeconfig: undefined, context: undefined };
const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const auto = { ...none, cluster: 'auto' } as const;

test.for([
  ['as configured, embedded', { ...none, cluster: 'embedded' }, { KUBECONFIG: 'x' }, ['x'], 'embedded'],
  ['as configured, kubernetes', { ...none, cluster: 'kubernetes' }, {}, [], 'kubernetes'],
  ['a kubeconfig by configuration', { ...auto, kubeconfig: 'k' }, {}, [], 'kubernetes'],
  ['a context by configuration', { ...auto, context: 'c' }, {}, [], 'kubernetes'],
  ['$KUBECONFIG, also of a file that is not there', auto, { KUBECONFIG: '/nowhere' }, [], 'kubernetes'],
  ['~/.kube/config', auto, { HOME: '/home/a' }, ['/home/a/.kube/config'], 'kubernetes'],
  ['a home without a kubeconfig', auto, { HOME: '/home/a' }, [], 'embedded'],
  ['a pod with a service account', auto, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, [token], 'kubernetes'],
  ['a pod without a token', auto, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, [], 'embedded'],
  ['nothing at all', auto, {}, [], 'embedded'],
] as const)('%s: %s', ([, config, env, files, want]) => {
  const exists = (path: string) => files.some((file) => file === path);
  expect(chooseCluster(config, { env, exists }).cluster).toBe(want);
});
