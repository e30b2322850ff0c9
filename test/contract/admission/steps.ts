import { isRunning } from '../../support/states.ts';
import { aStep, type StepWish } from '../../support/step.ts';
import type { Setting } from './setting.ts';

/** Steps of the bounded tenant, whose image its sources allow. */
export function stepsOf(use: () => Setting) {
  const step = (wish: Partial<StepWish> = {}) => {
    const { cluster, tenant, image } = use();
    const agent = { name: 'TEST.PROBE', version: '1.0.0', image };
    return aStep(cluster, { tenant, ...wish, spec: { agent } });
  };
  const begin = async (wish: Partial<StepWish> = {}) => {
    const { client } = use().executor;
    const request = step(wish);
    await client.submit(request);
    return { key: request.key, watch: client.watch(request.key) };
  };
  const running = async (wish: Partial<StepWish> = {}) => {
    const begun = await begin({ ...wish, agent: { hang: true } });
    return { ...begun, step: await begun.watch.until('it runs', isRunning) };
  };
  return { step, begin, running };
}
