import { expect, test } from 'vitest';
import { stateName } from '../../support/states.ts';
import { adrRequest } from './adr-002.ts';
import type { ContractPart } from './context.ts';
import { at, templateRows } from './template-table.ts';

/** ADR-002's template in a cluster; field by field it is in adr-002.test.ts. */
export const template: ContractPart = (context) => {
  test('the API server stores what docs/adr-002.md says, and admits its pod to a namespace that enforces Pod Security', async () => {
    const { client, tenant } = context();
    expect(tenant).toBe(adrRequest.key?.tenant);
    const { jobJson } = await client.submit({ ...adrRequest, validateOnly: true });
    const stored: unknown = JSON.parse(jobJson);
    for (const { line, path, value } of templateRows()) expect(at(stored, path), line).toEqual(value);
  });

  test('an agent finds its manifest and its output directory there', async ({ skip }) => {
    const { client, cluster, step } = context();
    if (!cluster.runsAgents) skip('this cluster runs no agents');
    const request = step({ agent: { ownReport: true } });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    expect(stateName(end)).toBe('SUCCEEDED');
    const { echo } = JSON.parse(end.outcome?.agentReportJson ?? '{}');
    expect(echo).toMatchObject({ manifest_files: ['manifest.json'], output_writable: true, arguments: 0 });
    expect(echo.environment.GLIP_INPUT_MANIFEST).toMatch(/\/glip\/inputs\/manifest\.json$/);
    expect(echo.environment.GLIP_OUTPUT_DIR).toMatch(/\/glip\/outputs$/);
    expect(echo.environment).toMatchObject({
      GLIP_TENANT_ID: request.key.tenant,
      GLIP_RUN_ID: request.key.runId,
      GLIP_STEP_ID: request.key.stepId,
      GLIP_ATTEMPT: '0',
    });
  });
};
