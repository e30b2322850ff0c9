import type { Check } from './check.ts';

/** ADR-002 asks for 1.28; the contract suite runs on the two others. */
const oldest = 28;
const tested = { from: 30, to: 37 };

/** Whether this executor knows the version; a vendor's suffix such as -eks-1 plays no part. */
export function checkVersion(gitVersion: string): Check {
  const match = /^v?(\d+)\.(\d+)/.exec(gitVersion);
  const minor = match?.[1] === '1' ? Number(match[2]) : undefined;
  const what = `version ${gitVersion}`;
  const name = 'version';
  if (minor === undefined) {
    const remedy = 'the executor knows Kubernetes 1.28 and newer; watch its first steps closely';
    return { name, status: 'warn', what: `${what} is not understood`, remedy };
  }
  if (minor < oldest) {
    const remedy = `update the cluster to 1.${oldest} or newer (ADR-002), best to 1.${tested.from} or newer`;
    return { name, status: 'fail', what: `${what} is not supported`, remedy };
  }
  if (minor < 29) {
    const remedy =
      'turn on the feature gate JobPodReplacementPolicy, off by default there, or update the cluster';
    return { name, status: 'warn', what: `${what} starts a second pod while the first still ends`, remedy };
  }
  if (minor < tested.from || minor > tested.to) {
    const remedy = `tested from 1.${tested.from} to 1.${tested.to}; try it in a test cluster first`;
    return { name, status: 'warn', what: `${what} is not tested`, remedy };
  }
  return { name, status: 'ok', what };
}
