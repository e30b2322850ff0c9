import { readFileSync } from 'node:fs';
import { home } from '../cli/check/role.ts';

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Where the executor itself runs: as Kubernetes says it to a pod, else as deploy/rbac.yaml has it. */
export function ownNamespace(path = mounted): string {
  try {
    return readFileSync(path, 'utf8').trim() || home.namespace;
  } catch {
    return home.namespace;
  }
}
