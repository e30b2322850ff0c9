import { afterAll, beforeAll, describe } from 'vitest';
import type { KubernetesLine } from '../../support/control-plane/binaries.ts';
import { describeImages } from './describe-images.ts';
import { describeMarks } from './describe-marks.ts';
import { describeSteps } from './describe-steps.ts';
import { describeTenants } from './describe-tenants.ts';
import { type Setting, startSetting } from './setting.ts';

/** deploy/admission-policy.yaml on one line of Kubernetes. */
export function describeAdmission(line: KubernetesLine): void {
  describe(`on a control plane of Kubernetes ${line}`, { timeout: 120_000 }, () => {
    let setting: Setting | undefined;
    beforeAll(async () => {
      setting = await startSetting(line);
    }, 120_000);
    afterAll(() => setting?.stop());
    const use = (): Setting => {
      if (setting === undefined) throw new Error('the cluster did not start');
      return setting;
    };
    describeSteps(use);
    describeMarks(use);
    describeImages(use);
    describeTenants(use);
  });
}
