import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/app/check.ts';
import { clusterRole, rightsObjects } from '../../src/cli/check/role.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { configOf } from '../support/executor.ts';
import { accessWithRules } from '../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { type Right, rights, rulesWithout } from './rights/rights.ts';
import { onStage } from './rights/stage.ts';
import { scenarios, table } from './rights/table.ts';

const settings = { cluster: 'kubernetes', identity: { serviceAccounts: 'on' } };

const expectTold = (text: string, wanted: string | RegExp, log = '') =>
  typeof wanted === 'string' ? expect(text, log).toBe(wanted) : expect(text, log).toMatch(wanted);

/** What is needed is proven by what breaks without it: an executor for each right, which has all the others. */
describe.skipIf(!isAvailable())('the rights of deploy/rbac.yaml', () => {
  let cluster: RealCluster;

  beforeAll(async () => {
    cluster = await startRealCluster();
    await must(cluster, 'POST', '/api/v1/namespaces', rightsObjects[0]);
  }, 120_000);
  afterAll(() => cluster?.stop());

  /** A kubeconfig with these rights. Resolves when `glip-executor check` finds them so; with what it finds missing. */
  const accessWith = async (name: string, rules: readonly object[], missing: number) => {
    const access = await accessWithRules(cluster.controlPlane, name, rules);
    if (access.kind !== 'kubeconfig') throw new Error('a kubeconfig is needed');
    const found = await until('the rights are in force', async () => {
      const { checks } = await check(configOf({ ...settings, kubeconfig: access.file }));
      const lacking = checks.filter((one) => one.name.startsWith('access') && one.status !== 'ok');
      return lacking.length === missing && lacking;
    });
    return { access, found };
  };

  test('each has its row in the table, and each row is about one of them', () => {
    expect(table.map(({ right }) => right).sort()).toEqual(rights.map(({ name }) => name).sort());
    const played = new Set(table.map(({ scenario }) => scenario));
    expect([...scenarios.keys()].filter((name) => !played.has(name))).toEqual([]);
  });

  describe('with all of them', { concurrent: true, timeout: 90_000 }, () => {
    const names = [...scenarios.keys()];
    test.for(names)('%s', async (name) => {
      const prefix = `all-${names.indexOf(name)}-`;
      const { access } = await accessWith(`all-${names.indexOf(name)}`, clusterRole.rules, 0);
      const { play, whole, config = {} } = scenarios.get(name)!;
      const { text, missed } = await onStage({ cluster, access, prefix, config }, play);
      expectTold(text, whole);
      expect(missed).toEqual([]);
    });
  });

  describe('without', { concurrent: true, timeout: 90_000 }, () => {
    test.for(table)('$right: $scenario', async ({ right, scenario, seen, log }) => {
      const missing = rights.find(({ name }) => name === right) as Right;
      const name = `without-${rights.indexOf(missing)}`;
      const { access, found } = await accessWith(name, rulesWithout(missing), 1);
      const { group, resource, subresource } = missing.needed;
      const resources = [subresource === undefined ? resource : `${resource}/${subresource}`];
      const rule = JSON.stringify({ apiGroups: [group], resources, verbs: [missing.verb] });
      expect(found[0]?.what).toContain(`may not ${right}`);
      expect(found[0]?.remedy).toContain(rule);

      const { play, config = {} } = scenarios.get(scenario)!;
      const isFollowed = missing.verb === 'list' || missing.verb === 'watch';
      const complaint = log === undefined ? {} : { complaint: log, isFollowed };
      const shown = await onStage({ cluster, access, prefix: `${name}-`, config, ...complaint }, play);
      expectTold(shown.text, seen, shown.log);
      expect(shown.missed).toEqual('identity' in config ? [] : [right]);
    });
  });
});
