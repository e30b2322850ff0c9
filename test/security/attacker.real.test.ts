import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { describeCaller } from './describe-caller.ts';
import { describeKubernetes } from './describe-kubernetes.ts';
import { type Scene, startScene } from './scene.ts';

// docs/security.md, "The attacker's review", says the same in words.
describe.skipIf(!isAvailable(process.env, '1.37'))('an attacker', { timeout: 60_000 }, () => {
  let scene: Scene | undefined;
  let before: unknown;
  const use = (): Scene => {
    if (scene === undefined) throw new Error('the cluster did not start');
    return scene;
  };
  beforeAll(async () => {
    scene = await startScene();
    before = await scene.stateOfBeta();
  }, 120_000);
  afterAll(() => scene?.stop());

  describeCaller(use);
  describeKubernetes(use);

  test('after all of that the other tenant has noticed nothing, and the executor has logged no error', async () => {
    expect(await use().stateOfBeta()).toEqual(before);
    expect(use().secured.executor.complaints.filter(({ level }) => level !== 'warn')).toEqual([]);
  });
});
