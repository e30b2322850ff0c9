import { isRecord } from '../../../lib/is-record.ts';

/** Whether the cluster's network plugin enforces NetworkPolicies, as pods of ours have found out on one node. */
export type EgressVerdict =
  /** `late`: a pod that starts gets through for a moment, before its policy holds. */
  | { readonly state: 'enforced'; readonly late: boolean; readonly node: string }
  | { readonly state: 'open'; readonly node: string }
  /** `why` is a sentence for people. */
  | { readonly state: 'unknown'; readonly why: string };

/** A verdict that says something, and when it was found. */
export type KeptVerdict = Exclude<EgressVerdict, { readonly state: 'unknown' }> & {
  /** RFC 3339. */
  readonly time: string;
};

/** Where the last verdict is kept, so that every executor of the cluster sees it. */
export const keptAt = { namespace: 'glip-system', name: 'glip-executor-egress', key: 'verdict' } as const;

export const printKept = (verdict: KeptVerdict): string => JSON.stringify(verdict);

/** Undefined for what nobody of ours has written. */
export function readKept(text: string | undefined): KeptVerdict | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { state, late, node, time } = value;
  if (typeof node !== 'string' || typeof time !== 'string' || Number.isNaN(Date.parse(time)))
    return undefined;
  if (state === 'open') return { state, node, time };
  return state === 'enforced' && typeof late === 'boolean' ? { state, late, node, time } : undefined;
}
