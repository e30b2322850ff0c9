import { managedBy } from '../job/metadata.ts';
import type { RawObject } from '../job/project.ts';
import { list, record, text } from '../job/raw.ts';
import { everywhere } from '../kube/paths.ts';
import type { Transport } from '../kube/transport-types.ts';
import { networkPolicies } from '../tenant/network-policies.ts';
import { createBestEffort } from './best-effort.ts';

export interface OtherPoliciesDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  /** Those of a namespace have changed. */
  readonly onChange: (namespace: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}

interface OtherPolicy {
  readonly namespace: string;
  readonly name: string;
  /** One without rules allows nothing, and policies take nothing away. False of ours, too. */
  readonly allows: boolean;
}

/** One of these that has lost our label is mended. */
const ours = new Set(networkPolicies([]).map(([name]) => name));

const project = (object: RawObject): OtherPolicy => {
  const metadata = record(object.metadata);
  const { ingress, egress } = record(object.spec);
  return {
    namespace: text(metadata.namespace),
    name: text(metadata.name),
    allows: !ours.has(text(metadata.name)) && (list(ingress).length > 0 || list(egress).length > 0),
  };
};

/**
 * Follows the NetworkPolicies that are not ours, in all namespaces, as names alone. Whoever writes our label on one is not noticed: that takes
 * the right to write NetworkPolicies in the namespace, and this only tells.
 */
export function createOtherPolicies({ transport, onChange, onError }: OtherPoliciesDeps) {
  const byNamespace = new Map<string, Set<string>>();
  const reflector = createBestEffort<OtherPolicy>({
    transport,
    path: everywhere('networkpolicies'),
    labelSelector: `${managedBy.label}!=${managedBy.value}`,
    project: (object) => project(object as RawObject),
    onDelta({ type, object: { namespace, name, allows } }) {
      const names = byNamespace.get(namespace) ?? new Set();
      if (type === 'deleted' || !allows) names.delete(name);
      else names.add(name);
      if (names.size === 0) byNamespace.delete(namespace);
      else byNamespace.set(namespace, names);
      onChange(namespace);
    },
    what: 'the NetworkPolicies of others',
    without: 'tenants do not tell when one of them adds to what their pods reach',
    onError,
  });
  return {
    in: (namespace: string): readonly string[] => [...(byNamespace.get(namespace) ?? [])].sort(),
    start: reflector.start,
    stop: reflector.stop,
  };
}
