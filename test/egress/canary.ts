import { check } from '../../src/app/check.ts';
import type { CiliumCluster } from '../support/cilium/cluster.ts';
import { configOf } from '../support/executor.ts';
import { shellImage } from '../support/node/images/catalogue.ts';

/** What `check --egress` says of that cluster. */
export async function canaryOf({
  access,
}: CiliumCluster): Promise<{ ok: boolean; status?: string; what?: string }> {
  const canary = { image: shellImage, timeoutMs: 90_000 };
  const { ok, checks } = await check(configOf({ cluster: 'kubernetes' }), { access, canary });
  const { status, what } = checks.at(-1) ?? {};
  return { ok, ...(status && { status }), ...(what && { what }) };
}
