import { printable } from '../printable.ts';
import type { Check } from './check.ts';
import { checkClock } from './clock.ts';
import { keptCheck } from './egress/check.ts';
import {
  type NeededAccess,
  type NeededSetting,
  neededAccess,
  resourceName,
  ruleName,
} from './permissions.ts';
import type { CheckPort } from './port.ts';
import { checkSecretsAtRest } from './secrets-at-rest.ts';
import { checkVersion } from './supported-version.ts';

/** All checks; `ok` unless one has failed. */
export interface CheckReport {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/**
 * Runs every check that can be run. `target` names the cluster for people, such as `context production`; `settings` are those that are on,
 * of the ones that need more rights. `canary` finds out whether NetworkPolicies are enforced, when that is asked for; it comes last, as it takes long.
 */
export async function runChecks(
  port: CheckPort,
  target: string,
  settings: readonly NeededSetting[] = [],
  canary?: () => Promise<Check>,
): Promise<CheckReport> {
  const reached = await reach(port, target);
  if ('failure' in reached) return { ok: false, checks: [reached.failure] };
  const needed = neededAccess.filter(({ setting }) => setting === undefined || settings.includes(setting));
  const access = await Promise.all(needed.map((one) => checkAccess(port, one)));
  const connection: Check = { name: 'connection', status: 'ok', what: `the API server of ${target} answers` };
  // By now there were many answers, and each narrows it.
  const clock = checkClock(port.clockOffset());
  const atRest = checkSecretsAtRest(await port.storage());
  const egress = await checkEgress(port, settings, canary);
  const ofCluster = [connection, checkVersion(printable(reached.version)), clock];
  const checks = [...ofCluster, ...access, atRest, ...egress];
  return { ok: checks.every(({ status }) => status !== 'fail'), checks };
}

/** Without tenants of ours no policy is ours either. */
async function checkEgress(
  port: CheckPort,
  settings: readonly NeededSetting[],
  canary: (() => Promise<Check>) | undefined,
): Promise<readonly Check[]> {
  if (canary !== undefined) return [await canary()];
  if (!settings.includes('tenants.management')) return [];
  // Who may not read it is told so above.
  return [keptCheck(await port.keptVerdict().catch(() => undefined))];
}

async function reach(port: CheckPort, target: string): Promise<{ version: string } | { failure: Check }> {
  try {
    return { version: (await port.serverVersion()).gitVersion };
  } catch (error) {
    const what = `the API server of ${target} does not answer: ${messageOf(error)}`;
    const remedy =
      'see whether "kubectl version" works from here with the same kubeconfig and context (--kubeconfig, --context), ' +
      'or use --cluster embedded to do without a cluster';
    return { failure: { name: 'connection', status: 'fail', what, remedy } };
  }
}

async function checkAccess(port: CheckPort, needed: NeededAccess): Promise<Check> {
  const { group, resource, subresource, verbs, purpose, optional } = needed;
  const attributes = { group, resource, ...(subresource !== undefined && { subresource }) };
  const status = optional ? 'warn' : 'fail';
  const name = `access to ${resourceName(needed)}`;
  try {
    const answers = await Promise.all(verbs.map((verb) => port.canI({ ...attributes, verb })));
    const refused = verbs.filter((_, i) => answers[i]?.allowed !== true);
    if (refused.length === 0)
      return { name, status: 'ok', what: `may ${listed(verbs)} ${resourceName(needed)}` };
    const reason = answers.find(({ allowed, reason }) => !allowed && reason !== '')?.reason;
    const because = reason === undefined ? '' : ` (${printable(reason)})`;
    const what = `may not ${listed(refused)} ${resourceName(needed)}${because}, needed ${purpose}`;
    const rule = JSON.stringify({ apiGroups: [group], resources: [ruleName(needed)], verbs: refused });
    return { name, status, what, remedy: `add to the ClusterRole of the executor: ${rule}` };
  } catch (error) {
    const what = `could not ask about ${resourceName(needed)}: ${messageOf(error)}`;
    const remedy = 'every authenticated user may create selfsubjectaccessreviews; see who this one is';
    return { name, status, what, remedy };
  }
}

function listed(verbs: readonly string[]): string {
  return verbs.join(', ');
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}
