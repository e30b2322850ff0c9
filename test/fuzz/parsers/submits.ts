import { create, fromJsonString } from '@bufbuild/protobuf';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { isReserved, printKey, readKey } from '../../../src/job/metadata.ts';
import { inputsName, jobName, labelValue, namespaceOf, serviceAccountOf } from '../../../src/job/names.ts';
import { toJob } from '../../../src/job/objects.ts';
import { noDefaults } from '../../../src/job/option-defaults.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { parseJsonText } from '../../../src/lib/json-text.ts';
import { submitFromProto } from '../../../src/rpc/from-proto.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { checkKey, type StepKey, stepId } from '../../../src/step/key.ts';
import { settings } from '../../unit/job/submit.ts';
import { isPlainText, law, type Target } from '../target.ts';

const key = { tenant: 'acme', runId: 'run-1', stepId: 'ingest', attempt: 0 };
const input = {
  name: 'raw',
  artifact_uri: 's3://b/k',
  sha256: '0'.repeat(64),
  media_type: 'text/csv',
  size_bytes: 12,
};
const manifest = (more: object = {}) => ({
  apiVersion: 'glip/v1',
  kind: 'Invocation',
  metadata: { invocation_id: 'inv-1', run_id: 'run-1', pipeline_id: 'p', idempotency_key: 'k' },
  spec: {
    agent: { name: 'OPS.DATA.Ingest', version: '1.2.3', image: 'ghcr.io/a/b:1' },
    inputs: [input],
    params: { n: 1, list: [1, 'x', null, true], deep: { a: { b: 1.5 } } },
    resources: { cpu: '250m', memory: '256Mi', timeout_seconds: 60, size_class: 'small' },
    observability: {
      trace_context: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    },
    ...more,
  },
});
const options = {
  pool: 'standard',
  priorityClass: 'glip-low',
  timeouts: { queue: '60s', start: '30s', run: '600s' },
  gracePeriod: '10s',
  command: ['run'],
  args: ['--fast', '$(A)'],
  env: { A: 'b' },
  labels: { team: 'x' },
  annotations: { 'example.org/a': 'any text' },
  volumes: [{ name: 'data', mountPath: '/data', scratchSize: '1Gi' }],
  secrets: [{ name: 'db', key: 'password', env: 'PASSWORD' }],
};
const words = [
  '"__proto__":',
  '"constructor":',
  '"kind":"Invocation"',
  'kubernetes.io/',
  'glip.greenlang.io/x',
  'GLIP_RUN_ID',
  '/proc',
  '/glip/inputs',
  'kube-system',
  '"params":',
  '"spec":{}',
  '\\u0000',
  '\\ud800',
  '\\u001b',
  '1e999',
  '/var/run/secrets',
];

const tenant = {
  pools: [],
  priorityClasses: ['glip-low'],
  secrets: ['db'],
  egress: [],
  defaults: noDefaults,
};
const toStatus = createToStatus();
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const labelText = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** What a refusal may say, on every way to the caller. */
function tolerable(error: ExecutorError): void {
  law(error.code === 'INVALID_ARGUMENT', `${error.code} ${error.message}`);
  law(error.violations.length > 0, 'nothing is named');
  const status = toStatus(error);
  law(isPlainText(status.message), `it says ${JSON.stringify(status.message)}`);
  law(Buffer.byteLength(encodeURI(status.message)) <= 8_192, 'it says too much');
}

/** What must hold of every object of a step that is taken. */
function wellMade(spec: StepSpec): void {
  const job = toJob(spec, 1_764_288_000_000);
  const { name, namespace, labels, annotations } = job.metadata;
  law(dnsLabel.test(name), `the Job's name is ${name}`);
  law(dnsLabel.test(namespace), `the namespace is ${namespace}`);
  law(dnsName.test(inputsName(spec.key, spec.invocationId, spec.specHash)), "the ConfigMap's name");
  for (const all of [labels, job.spec.template.metadata.labels] as Record<string, string>[])
    for (const [label, value] of Object.entries(all))
      law(labelText.test(value), `label ${label} is ${value}`);
  for (const label of Object.keys(spec.labels)) law(!isReserved(label), `the caller sets ${label}`);
  for (const each of Object.keys(spec.annotations)) law(!isReserved(each), `the caller sets ${each}`);
  law(
    JSON.stringify(readKey(annotations['glip.greenlang.io/key'])) ===
      JSON.stringify({
        tenant: spec.key.tenant,
        runId: spec.key.runId,
        stepId: spec.key.stepId,
        attempt: spec.key.attempt,
      }),
    'its key reads as another',
  );
  const { securityContext, containers, automountServiceAccountToken } = job.spec.template.spec;
  law(
    securityContext.runAsNonRoot === true && automountServiceAccountToken === false,
    'it may be root, or has a token',
  );
  law(containers.length === 1, 'it has another container');
  law(containers[0]?.securityContext.allowPrivilegeEscalation === false, 'it may get more rights');
  const { env = [] } = containers[0] as { env?: { name: string }[] };
  law(new Set(env.map((e) => e.name)).size === env.length, 'a variable stands twice');
  law(isWellFormedText(JSON.stringify(job)), 'it has half a character');
}

const isWellFormedText = (text: string): boolean => text.isWellFormed();

function submitted(request: SubmitStepRequest): boolean {
  let spec: StepSpec | ExecutorError;
  try {
    spec = parseSubmit(submitFromProto(request), settings, tenant);
  } catch (error) {
    if (!(error instanceof ExecutorError)) throw error;
    spec = error;
  }
  if (spec instanceof ExecutorError) {
    tolerable(spec);
    return false;
  }
  wellMade(spec);
  return true;
}

const asRequest = (change: object) =>
  JSON.stringify({ key, invocation: camel(manifest()), options, ...change });

/** The JSON of a typed invocation has the names of protobuf. */
function camel(value: unknown): unknown {
  const typed = structuredClone(value) as { apiVersion?: string; kind?: string };
  delete typed.apiVersion;
  delete typed.kind;
  return typed;
}

const names = new Map<string, string>();
/** Two keys never share a name: what was seen stays in mind, up to a bound. */
function unique(kind: string, name: string, of: string): void {
  const at = `${kind} ${name}`;
  const known = names.get(at);
  law(known === undefined || known === of, `${kind} ${name} is of ${known} and of ${of}`);
  if (names.size < 400_000) names.set(at, of);
}

/** What SubmitStep takes. */
export const submits: readonly Target[] = [
  {
    name: 'manifest as text',
    weight: 2,
    samples: [JSON.stringify(manifest()), JSON.stringify(manifest({ resources: { gpu: '1' } }), null, 2)],
    words,
    run: (text) =>
      submitted(create(SubmitStepRequestSchema, { key, manifest: { case: 'manifestJson', value: text } })),
  },
  {
    name: 'submit as JSON',
    weight: 2,
    samples: [asRequest({}), asRequest({ options: {} })],
    words,
    run(text) {
      let request: SubmitStepRequest;
      try {
        request = fromJsonString(SubmitStepRequestSchema, text, { ignoreUnknownFields: false });
      } catch {
        // The edges refuse it with what protobuf says.
        return false;
      }
      return submitted(request);
    },
  },
  {
    name: 'JSON text',
    weight: 3,
    samples: [
      JSON.stringify(manifest()),
      '[1,-0.5e-3,"\\u00e9\\n",null,true,{"a":[]}]',
      '{"a":{"b":{"c":[[[1]]]}}}',
    ],
    words: ['"__proto__":1,', '\\ud83d', '\\u0000', '1e400', '-0', '9007199254740993', '[', '{"a":'],
    run(text) {
      const parsed = parseJsonText(text, { controlCharacters: 'allow' });
      if (!parsed.ok) {
        law(parsed.problems.length > 0 && parsed.problems.length <= 20, `${parsed.problems.length} problems`);
        return false;
      }
      law(
        JSON.stringify(parsed.value) === JSON.stringify(JSON.parse(text)),
        'it is read otherwise than by JSON.parse',
      );
      const again = parseJsonText(canonicalJson(parsed.value));
      law(
        again.ok && canonicalJson(again.value) === canonicalJson(parsed.value),
        'its canonical form is another',
      );
      return true;
    },
  },
  {
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
      const [job, namespace, account] = [
        jobName(one),
        namespaceOf('glip-', tenant),
        serviceAccountOf(tenant),
      ];
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
  },
];
