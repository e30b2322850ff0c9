import { parseDocument } from '../config/document.ts';
import { claimTexts } from '../identity/claims.ts';
import { UnusableFile } from '../lib/unusable-file.ts';
import type { AccessPolicy, AccessRule, Subject } from '../policy/access.ts';
import { rulesFor } from '../policy/decide.ts';
import { parseAccess } from '../policy/parse-access.ts';
import type { Pools } from '../policy/pools.ts';
import { rpcNames } from '../rpc/access-table.ts';
import type { Access } from '../rpc/guard.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import { watchTold } from './told-files.ts';

/**
 * Reads a policy from YAML or JSON.
 * @throws UnusableFile with every problem
 */
export function readPolicy(text: string, pools: Pools): AccessPolicy {
  const document = parseDocument(text);
  if (!document.ok) throw unusable(document.problems);
  const parsed = parseAccess(document.value, { rpcs: rpcNames, pools: pools.pools.map(({ name }) => name) });
  if (parsed.ok) return parsed.value;
  throw unusable(parsed.problems.map(({ path, message }) => `${path === '' ? 'the file' : path} ${message}`));
}

const unusable = (problems: readonly string[]): UnusableFile => new UnusableFile('the policy', problems);

export interface PolicyDeps {
  readonly file: string;
  readonly pools: Pools;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly metrics: ReloadMetrics;
}

/** The policy of a file that is read again when it changes, as a whole or not at all. */
export function watchPolicy({
  file,
  pools,
  intervalMs,
  logger,
  metrics,
}: PolicyDeps): Access & { close(): void } {
  const files = watchTold<AccessPolicy>({
    what: 'policy',
    paths: [file],
    parse: ([text]) => readPolicy(String(text), pools),
    intervalMs,
    applied: { message: 'a new policy is in force', about: ({ rules }) => ({ rules: rules.length }) },
    refused: 'the changed policy cannot be used: the one from before stays in force',
    logger,
    metrics,
  });
  let of = files.current;
  let known = new WeakMap<Subject, readonly AccessRule[]>();
  return {
    rulesFor(subject) {
      if (of !== files.current) known = new WeakMap();
      of = files.current;
      const rules = known.get(subject) ?? rulesFor(of, subject, claimTexts);
      known.set(subject, rules);
      return rules;
    },
    subscribe: (listener) => files.subscribe(listener),
    close: files.close,
  };
}
