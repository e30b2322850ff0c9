import type { FailureCategory, RetryAdvice } from '../step/step.ts';

/** What is the same for every step that waits for a reason. */
export interface WaitingKind {
  /** Whose business it is, and what to advise, when the executor gives the step up for it. */
  readonly category: FailureCategory;
  readonly retry: RetryAdvice;
  /** What would help, for people; a rule may know better. */
  readonly remedy: string;
}

const kind = (category: FailureCategory, retry: RetryAdvice, remedy: string): WaitingKind => ({
  category,
  retry,
  remedy,
});

const askTheCluster = "Wait, or ask the cluster's administrators.";
const theImage = 'Check spec.agent.image, and submit a new attempt with the right one.';

/** Why a step may wait: docs/reasons.md has a line for each, and the configuration a grace (`graces`). */
export const waitingReasons = {
  Suspended: kind('DISRUPTION', 'SAME', 'Resume the Job, or cancel the step.'),
  QuotaExceeded: kind(
    'RESOURCES',
    'LATER',
    "Wait for other steps to end, ask for less, or raise the tenant's quota.",
  ),
  ServiceAccountMissing: kind('PLATFORM', 'LATER', "Lay the tenant's service account down in its namespace."),
  PodSecurityRefused: kind(
    'POLICY',
    'NO',
    "Change what the message names, or the namespace's Pod Security level.",
  ),
  AdmissionRefused: kind('POLICY', 'NO', 'Change what the message names, or the policy that refuses it.'),
  AdmissionUnavailable: kind('PLATFORM', 'LATER', 'The webhook does not answer: mend it, or wait.'),
  PodCreateFailed: kind('PLATFORM', 'LATER', askTheCluster),
  Gated: kind('PLATFORM', 'LATER', 'Whoever has set the gate must remove it.'),
  Unschedulable: kind('RESOURCES', 'ELSEWHERE', 'Wait for capacity, ask for less, or choose another pool.'),
  WaitingForVolume: kind(
    'PLATFORM',
    'ELSEWHERE',
    'Check the claim, its storage class and the node that holds the volume.',
  ),
  NodeLost: kind(
    'PLATFORM',
    'ELSEWHERE',
    'Bring the node back; or, once it is certain that the machine is off, declare that by the taint node.kubernetes.io/out-of-service.',
  ),
  NodeNotReady: kind(
    'PLATFORM',
    'ELSEWHERE',
    'Wait for the node, or cancel the step and submit a new attempt.',
  ),
  InvalidImageName: kind('IMAGE', 'NO', 'Correct the image in spec.agent.image and submit a new attempt.'),
  ImageNotFound: kind('IMAGE', 'NO', theImage),
  ImageAccessDenied: kind(
    'IMAGE',
    'NO',
    "Check the image's name, and that the tenant's pull secret may read it.",
  ),
  ImageSignatureRefused: kind('IMAGE', 'NO', 'Sign the image as the cluster wants it.'),
  ErrImageNeverPull: kind('IMAGE', 'ELSEWHERE', 'Load the image on the nodes: nothing pulls it.'),
  RegistryUnavailable: kind(
    'PLATFORM',
    'LATER',
    'Wait: the node tries again. Check the registry if it lasts.',
  ),
  ImagePullFailed: kind('IMAGE', 'LATER', 'Check that the image exists and that the cluster may pull it.'),
  PullingImage: kind('PLATFORM', 'LATER', ''),
  ConfigMapMissing: kind('PLATFORM', 'NO', "Create the ConfigMap or its key in the tenant's namespace."),
  SecretMissing: kind('PLATFORM', 'NO', "Create the Secret or its key in the tenant's namespace."),
  ContainerConfigError: kind('IMAGE', 'NO', 'Change what the message names, in the image or in the step.'),
  ContainerCreateFailed: kind('PLATFORM', 'ELSEWHERE', askTheCluster),
  SandboxFailed: kind(
    'PLATFORM',
    'ELSEWHERE',
    "The node cannot make the pod's network or sandbox: mend the node, or try another.",
  ),
  ContainerWaiting: kind('PLATFORM', 'ELSEWHERE', askTheCluster),
} as const satisfies Readonly<Record<string, WaitingKind>>;

export type WaitingReason = keyof typeof waitingReasons;

export const isWaitingReason = (text: unknown): text is WaitingReason =>
  typeof text === 'string' && Object.hasOwn(waitingReasons, text);
