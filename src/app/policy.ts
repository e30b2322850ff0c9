import { parseDocument } from '../config/document.ts';
import { claimTexts } from '../identity/claims.ts';
import { type WatchedFiles, watchFiles } from '../lib/watched-files.ts';
import type { AccessPolicy, AccessRule, Subject } from '../policy/access.ts';
import { rulesFor } from '../policy/decide.ts';
import { parseAccess } from '../policy/parse-access.ts';
import type { Pools } from '../policy/pools.ts';
import { rpcNames } from '../rpc/access-table.ts';
import type { Access } from '../rpc/guard.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';

/** A policy that cannot be used, with all that is wrong with it. */
export class PolicyError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the policy cannot be used: ${problems.join('; ')}`);
    this.name = 'PolicyError';
    this.problems = problems;
  }
}

/**
 * Reads a policy from YAML or JSON.
 * @throws PolicyError with every problem
 */
export function readPolicy(text: string, pools: Pools): AccessPolicy {
  const document = parseDocument(text);
  if (!document.ok) throw new PolicyError(document.problems);
  const parsed = parseAccess(document.value, { rpcs: rpcNames, pools: pools.pools.map(({ name }) => name) });
  if (parsed.ok) return parsed.value;
  throw new PolicyError(
    parsed.problems.map(({ path, message }) => `${path === '' ? 'the file' : path} ${message}`),
  );
}

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
  const files: WatchedFiles<AccessPolicy> = watchFiles({
    paths: [file],
    parse: ([text]) => readPolicy(String(text), pools),
    intervalMs,
    onChange({ rules }) {
      metrics.reloaded('policy', 'applied');
      logger.info({ rules: rules.length }, 'a new policy is in force');
    },
    onProblem(err) {
      metrics.reloaded('policy', 'refused');
      logger.error({ err }, 'the changed policy cannot be used: the one from before stays in force');
    },
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
