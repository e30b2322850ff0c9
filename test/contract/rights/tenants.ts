import { TenantState } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import type { TenantKind } from '../../../src/tenant/objects.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { editsOf, essence, pathOf } from '../drift/edits.ts';
import { isUp, orRefusal, type Stage } from './stage.ts';

const name = 'kept';
const spec = { quota: { pods: '10' } };

/** What becomes of tenants. */
export const tenants = {
  async 'a tenant is laid down'(stage: Stage) {
    await isUp(stage);
    const laidDown = async () => {
      await stage.tenants.ensure(name, spec);
      return until('it is ready, or says why not', async () => {
        const { state, problems } = await stage.tenants.get(name);
        return state === TenantState.READY ? 'READY' : problems.length > 0 && problems.join('; ');
      });
    };
    return orRefusal(laidDown());
  },

  async 'a tenant is deleted'(stage: Stage) {
    await isUp(stage);
    await stage.tenants.ready(name, spec);
    return orRefusal(stage.tenants.delete(name).then(({ state }) => TenantState[state]));
  },
};

/** Somebody edits an object of that kind under our hands. */
export const editOf = (kind: TenantKind) => async (stage: Stage) => {
  await isUp(stage);
  const { namespace } = await stage.tenants.ready(name, spec);
  const edit = editsOf(name).find((one) => one.kind === kind && one.patch !== undefined);
  if (edit === undefined) throw new Error(`no edit of a ${kind}`);
  const path = pathOf(edit, namespace);
  const get = async () => essence(await must(stage.cluster, 'GET', path));
  const before = await get();
  await must(
    stage.cluster,
    'PATCH',
    `${path}?fieldManager=editor`,
    edit.patch,
    'application/merge-patch+json',
  );
  // Who does not see it has time enough to see another tenant through.
  if (stage.isBlind) await stage.tenants.ready('another', spec);
  else await until('it is repaired', async () => (await get()) === before);
  if ((await get()) !== before) return 'it stays edited';
  return until('it is told, or lost', async () => {
    const { items } = await must(stage.cluster, 'GET', `/api/v1/namespaces/${namespace}/events`);
    if (items.some(({ reason }: { reason: string }) => reason === 'TenantRepaired'))
      return 'repaired and told';
    return stage.log().includes('the Event of a repair is lost') && 'repaired, and no Event';
  });
};
