import { create, fromJsonString } from '@bufbuild/protobuf';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { isReserved, readKey } from '../../../src/job/metadata.ts';
import { inputsName } from '../../../src/job/names.ts';
import { toJob } from '../../../src/job/objects.ts';
import { noDefaults } from '../../../src/job/option-defaults.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { parseJsonText } from '../../../src/lib/json-text.ts';
import { submitFromProto } from '../../../src/rpc/from-proto.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { settings } from '../../unit/job/submit.ts';
import { law, type Target } from '../target.ts';
import { dnsLabel, dnsName, labelText, tolerable } from './names.ts';

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
  hosts: 'yes' as const,
  images: { sources: [], keys: [], signatures: undefined },
  defaults: noDefaults,
};
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
];
