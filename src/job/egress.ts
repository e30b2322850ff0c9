import {
  checkEgress,
  type Egress,
  type HostSupport,
  isHost,
  isWithin,
  printEgress,
} from '../policy/egress.ts';
import { dnsRule, egressRules } from '../policy/egress-rules.ts';
import { hostRules } from '../policy/host-rules.ts';
import { hostsUnheld } from '../policy/hosts-unheld.ts';
import type { ExecutorError, Violation } from '../step/errors.ts';
import { stepId } from '../step/key.ts';
import type { ObjectRef } from '../step/step.ts';
import { annotation, ownEgressLabel, ownLabels, printKey } from './metadata.ts';
import { shortHash } from './names.ts';
import { ownerOf } from './owner.ts';
import type { StepSpec } from './spec.ts';

/** A NetworkPolicy for each such step: bounded, like the tenant's own. */
const most = 50;

/** What a request says of its egress. */
export interface EgressWish {
  readonly egress: readonly Egress[];
  /** Nothing but DNS. */
  readonly noEgress: boolean;
}

/** What is wrong with it, whatever the tenant is allowed. `path` is that of the options. */
export function checkEgressWish({ egress, noEgress }: EgressWish, path: string): readonly Violation[] {
  const both = egress.length > 0 && noEgress;
  return [
    ...checkEgress(egress, `${path}.egress`, most),
    ...(both ? [{ field: `${path}.no_egress`, message: 'is set together with egress: choose one' }] : []),
  ];
}

/**
 * What the step asks for and may not have. `allowed` is undefined where nobody has described the tenant; `permitted`, where the manifest leaves
 * all of that.
 */
export function forbiddenEgress(
  { egress, noEgress }: EgressWish,
  allowed: readonly Egress[] | undefined,
  permitted: readonly Egress[] | undefined,
  path: string,
): readonly Violation[] {
  if (allowed === undefined)
    return [
      ...(egress.length > 0 ? [{ field: `${path}.egress`, message: undescribed }] : []),
      ...(noEgress ? [{ field: `${path}.no_egress`, message: undescribed }] : []),
    ];
  const bound = permitted ?? allowed;
  const whose =
    permitted === undefined
      ? 'this tenant may reach'
      : 'spec.permissions.network_policy leaves of what this tenant may reach';
  const listed = bound.slice(0, 10).map(printEgress).join(', ') || 'nothing but DNS';
  const more = bound.length > 10 ? ` and ${bound.length - 10} more` : '';
  const message = `is more than ${whose}, which is: ${listed}${more}`;
  return egress.flatMap((asked, i) =>
    isWithin(asked, bound) ? [] : [{ field: `${path}.egress[${i}]`, message }],
  );
}

/** Without the tenant's own denial a pod would reach everything until the step's policy is there, and what others allow after that. */
export const undescribed =
  'nobody has described this tenant, so nothing bounds what its steps reach: describe it with EnsureTenant';

/** What the step may reach beside DNS; undefined for all that its tenant may. */
export const ownEgress = ({ egress, noEgress }: EgressWish): readonly Egress[] | undefined =>
  egress.length > 0 || noEgress ? egress : undefined;

/** On the pod of a step with egress of its own: the tenant's allowance does not select it. */
export const egressLabels = (spec: StepSpec): Readonly<Record<string, string>> =>
  spec.egress === undefined ? {} : ownLabel(spec);

/**
 * The same for each Job of this spec, and no other's. The uid that the Job controller writes onto its pods would tell them apart, too, but Cilium
 * does not look at it: it is none of the labels that make an identity there.
 */
const ownLabel = ({ key, specHash }: StepSpec) => ({
  [ownEgressLabel]: shortHash(`${stepId(key)} ${specHash}`),
});

/**
 * What the pods of one Job may reach, in the place of what their tenant may. Policies only add up, so until it is there they reach nothing but
 * DNS. Its name is the Job's own, by uid: who makes it again makes the same.
 */
export function toEgressPolicy(spec: StepSpec, job: ObjectRef) {
  const { egress = [] } = spec;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy' as const,
    metadata: ownMetadata(spec, job),
    spec: {
      podSelector: { matchLabels: ownLabel(spec) },
      policyTypes: ['Egress'],
      egress: [dnsRule, ...egressRules(egress)],
    },
  };
}

/** The hosts among it, which a NetworkPolicy cannot hold; undefined without any. */
export function toHostPolicy(spec: StepSpec, job: ObjectRef) {
  const rules = hostRules(spec.egress ?? []);
  if (rules.length === 0) return undefined;
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy' as const,
    metadata: ownMetadata(spec, job),
    spec: { endpointSelector: { matchLabels: ownLabel(spec) }, egress: rules },
  };
}

const ownMetadata = ({ key, agent, namespace }: StepSpec, job: ObjectRef) => ({
  name: `${job.name}-${shortHash(job.uid).slice(0, 8)}`,
  namespace,
  labels: ownLabels(key, agent),
  annotations: { [annotation.key]: printKey(key) },
  ownerReferences: [ownerOf(job)],
});

/** Why a step that asks for hosts cannot have them here; undefined where it can, or asks for none. */
export const unheldHosts = (
  { egress = [] }: Pick<StepSpec, 'egress'>,
  support: HostSupport,
): ExecutorError | undefined => (egress.some(isHost) ? hostsUnheld(support) : undefined);
