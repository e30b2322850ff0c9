import { describe, expect, test } from 'vitest';
import { toConfigMap, toJob } from '../../src/job/objects.ts';
import { expectGolden } from '../golden/golden.ts';
import { adrRequest } from './suite/adr-002.ts';
import { planOf } from './suite/plan.ts';
import { at, hasTest, templateLines, templateRows } from './suite/template-table.ts';

const spec = planOf(adrRequest);
const job = toJob(spec, 0);
const owner = {
  namespace: spec.namespace,
  name: job.metadata.name,
  uid: '00000000-0000-4000-8000-000000000000',
};

const file = (name: string): URL => new URL(`./testdata/${name}`, import.meta.url);

describe("ADR-002's template", () => {
  test('the Job is the golden one', () => expectGolden(file('adr-002.job.json'), job));

  test("the inputs' ConfigMap is the golden one", () =>
    expectGolden(file('adr-002.inputs.json'), toConfigMap(spec, owner)));

  test('docs/adr-002.md has a row for each of its lines, in its order', () => {
    expect(templateRows().map(({ line }) => line)).toEqual(templateLines());
    expect(templateLines().length).toBeGreaterThan(30);
  });

  describe('each line is carried by the field that docs/adr-002.md names, and proven by a test', () => {
    test.for(templateRows())('$line', ({ path, value, test: proof }) => {
      expect(at(job, path)).toEqual(value);
      expect(hasTest(proof), proof).toBe(true);
    });
  });

  test('the volume of the inputs names the ConfigMap that is made', () => {
    const [inputs] = job.spec.template.spec.volumes;
    expect(inputs).toEqual({
      name: 'glip-inputs',
      configMap: { name: toConfigMap(spec, owner).metadata.name },
    });
  });
});
