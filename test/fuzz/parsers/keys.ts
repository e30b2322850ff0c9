import { printKey, readKey } from '../../../src/job/metadata.ts';
import { jobName, labelValue, namespaceOf, serviceAccountOf } from '../../../src/job/names.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { checkKey, type StepKey, stepId } from '../../../src/step/key.ts';
import { law, type Target } from '../target.ts';
import { dnsLabel, labelText, tolerable } from './names.ts';

const names = new Map<string, string>();
/** Two keys never share a name: what was seen stays in mind, up to a bound. */
function unique(kind: string, name: string, of: string): void {
  const at = `${kind} ${name}`;
  const known = names.get(at);
  law(known === undefined || known === of, `${kind} ${name} is of ${known} and of ${of}`);
  if (names.size < 400_000) names.set(at, of);
}

/** Keys of steps, and what is named by them. */
export const keys: Target = {
  name: 'keys and their names',
  weight: 4,
  samples: [
    'acme|run-1|ingest|0',
    'a|0af76519-16cd-43dd-8448-eb211c80319c|clean_1|3',
    'under_score|Run 7|s|0',
    `${'l'.repeat(63)}|x|y|0`,
    'a|x-y|z|0',
    'a|x|y-z|0',
    'ends-|glip|a|0',
    'x--x|../..|a|0',
    'a-xaaaaaaaaaaaaaaaaaaaa|r|s|1',
  ],
  words: ['|', '_', '-', '-x', '-a1', '|0', 'aaaaaaaaaaaaaaaaaaaa'],
  run(text) {
    const [tenant = '', runId = '', step = '', attempt = '0'] = text.split('|');
    const one: StepKey = { tenant, runId, stepId: step, attempt: Number(attempt) };
    const violations = checkKey(one, 'key');
    if (violations.length > 0) {
      tolerable(
        new ExecutorError({
          code: 'INVALID_ARGUMENT',
          reason: 'INVALID_REQUEST',
          message: violations[0]?.message ?? '',
          violations,
        }),
      );
      return false;
    }
    const id = stepId(one);
    const [job, namespace, account] = [jobName(one), namespaceOf('glip-', tenant), serviceAccountOf(tenant)];
    for (const name of [job, namespace, account]) law(dnsLabel.test(name), `${name} is no name`);
    for (const value of [runId, step])
      law(labelText.test(labelValue(value)), `${labelValue(value)} is no label`);
    // Jobs of one tenant share a namespace.
    unique(`Job in ${namespace}`, job, id);
    unique('namespace', namespace, tenant);
    unique('service account', account, tenant);
    unique('label', labelValue(runId), runId);
    law(stepId(readKey(printKey(one)) ?? one) === id, 'its annotation reads as another');
    return true;
  },
};
