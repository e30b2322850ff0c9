import { hash } from 'node:crypto';
import { type StepKey, stepId } from '../step/key.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** The first 100 bits of a SHA-256 as 20 characters that every Kubernetes name may hold, the lowest bits first. */
export function shortHash(text: string): string {
  const digits = hash('sha256', text, 'hex');
  let out = '';
  // 20 bits are 5 digits and 4 characters. Several names are hashed for each submit, so no BigInt.
  for (let end = 25; end > 0; end -= 5) {
    const bits = Number.parseInt(digits.slice(end - 5, end), 16);
    for (let shift = 0; shift < 20; shift += 5) out += base32[(bits >> shift) & 31];
  }
  return out;
}

/** Text as a part of a DNS label: for people only, never an identity. */
function readable(text: string, length: number): string {
  const safe = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return safe.slice(0, length).replace(/^-+|-+$/g, '');
}

/**
 * The Job's name (DESIGN.md section 5): ADR-002's `glip-{run_id}-{step_id}` where that is a valid name of a first attempt, else
 * `glip-s-{readable}-{hash of the key}`. Deterministic, so that the create is the lock. The two forms never meet, since no UUID
 * begins with "s".
 */
export function jobName(key: StepKey): string {
  const plain = `glip-${key.runId}-${key.stepId}`;
  if (key.attempt === 0 && uuid.test(key.runId) && dnsLabel.test(plain)) return plain;
  const attempt = key.attempt === 0 ? '' : `-a${key.attempt}`;
  const words = readable(`${key.runId.slice(0, 8)}-${key.stepId}`, 35 - attempt.length);
  return [
    'glip-s',
    words,
    ...(attempt === '' ? [] : [attempt.slice(1)]),
    shortHash(`${key.tenant.length}:${stepId(key)}`),
  ]
    .filter((part) => part !== '')
    .join('-');
}

/** Same for all attempts of a step: a label that finds them. */
export function stepHash(key: StepKey): string {
  return shortHash(stepId({ ...key, attempt: 0 }));
}

/** The inputs' ConfigMap; hashed over key and spec, since the plain name could be another step's leftover. */
export function inputsName(key: StepKey, invocationId: string, specHash: string): string {
  const id = readable(invocationId, 200);
  return ['glip-inputs', id, shortHash(`${stepId(key)} ${specHash}`)].filter((part) => part !== '').join('-');
}

/** `{prefix}{tenant}` where that is a DNS label, else a readable form and a hash: tenant ids may hold underscores and 63 characters. */
export function tenantName(prefix: string, tenant: string): string {
  const plain = prefix + tenant;
  if (dnsLabel.test(plain) && !/-x[a-z2-7]{20}$/.test(plain)) return plain;
  return `${prefix}${readable(tenant, 63 - prefix.length - 22) || 't'}-x${shortHash(tenant)}`;
}

export const namespaceOf = (prefix: string, tenant: string): string => tenantName(prefix, tenant);

export const serviceAccountOf = (tenant: string): string => tenantName('glip-agent-', tenant);

/** Text as a label's value: itself where it may be one, else a readable form and a hash. The exact text stands in an annotation. */
export function labelValue(text: string): string {
  if (/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(text)) return text;
  return [readable(text, 42), shortHash(text)].filter((part) => part !== '').join('-');
}
