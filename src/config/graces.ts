import { duration } from './kinds.ts';
import { required } from './setting.ts';

const bounds = { min: '1s', max: '480h', whole: true, zero: true } as const;
const grace = (value: string, description: string) => required(duration(bounds), value, description);
const never = (description: string) => grace('0', description);

/**
 * How long a step may wait for each reason of docs/reasons.md before the executor gives it up; 0 leaves it to the step's timeouts. What
 * the node tries again by itself has time for a few tries (the kubelet's back-off is 10, 20, 40 s); what cannot mend itself has a moment,
 * so that the order in which somebody lays things down does not matter.
 */
export const graces = {
  suspended: never('Somebody has suspended the Job, and may resume it.'),
  quotaExceeded: never('A full quota is a queue: other steps end.'),
  serviceAccountMissing: grace('1m', "The tenant's service account is missing; it may be being laid down."),
  podSecurityRefused: grace('30s', 'Pod Security refuses the pod.'),
  admissionRefused: grace('30s', 'A webhook, a policy or a limit range refuses the pod.'),
  admissionUnavailable: grace('5m', 'An admission webhook does not answer; it may come back.'),
  podCreateFailed: never('The Job controller cannot make the pod, for a reason that is not known here.'),
  gated: never('Who has set a scheduling gate removes it.'),
  unschedulable: never('No node has room: other pods end, and nodes are added.'),
  waitingForVolume: never('Volumes may take their time to be made, attached and mounted.'),
  nodeLost: never('The node of the pod has stopped to report; it may come back.'),
  nodeNotReady: never('The node of the pod is not ready; it may become so.'),
  invalidImageName: grace('5s', 'The name of the image is not valid, and never will be.'),
  imageNotFound: grace('30s', 'The registry does not have the image; it may be being pushed.'),
  imageAccessDenied: grace('30s', 'The registry does not give the image; a pull secret may be on its way.'),
  imageSignatureRefused: grace('30s', "The image's signature is refused."),
  errImageNeverPull: grace('30s', 'The image is not on the node, which must not pull it.'),
  registryUnavailable: grace(
    '5m',
    'The registry is not reached, or turns away for now (429, 5xx, time-outs, DNS).',
  ),
  imagePullFailed: grace('5m', 'The image cannot be pulled, for a reason that is not known here.'),
  pullingImage: never('The node pulls the image: large ones take long.'),
  configMapMissing: grace('1m', 'A ConfigMap or a key of it is missing; the submit may be being completed.'),
  secretMissing: grace('1m', 'A Secret or a key of it is missing; it may be being laid down.'),
  containerConfigError: grace(
    '30s',
    'The image and the pod contradict each other, as with a user that is root.',
  ),
  containerCreateFailed: grace('5m', 'The runtime cannot make the container; it tries again.'),
  sandboxFailed: grace('5m', "The runtime cannot make the pod's sandbox or network; it tries again."),
  containerWaiting: never('The container waits for a reason that is not known here.'),
} as const;
