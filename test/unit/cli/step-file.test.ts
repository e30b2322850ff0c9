import { toJson } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { SubmitStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { parseStepFile, type StepFileDefaults } from '../../../src/cli/step-file.ts';

const defaults: StepFileDefaults = { tenant: undefined, defaultTenant: undefined, newRunId: () => 'new-run' };

function requestOf(text: string, more: Partial<StepFileDefaults> = {}) {
  const result = parseStepFile(text, { ...defaults, ...more });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return toJson(SubmitStepRequestSchema, result.request) as Record<string, never>;
}

function problemsOf(text: string, more: Partial<StepFileDefaults> = {}): readonly string[] {
  const result = parseStepFile(text, { ...defaults, ...more });
  return result.ok ? [] : result.problems;
}

const complete = `
key: {tenant: acme, run_id: run-7, step_id: clean, attempt: 2}
invocation:
  apiVersion: glip/v1
  kind: Invocation
  metadata: {invocation_id: clean-1}
  spec:
    agent: {name: A, version: "1", image: img}
    inputs: [{name: a, artifactUri: "file:///a", size_bytes: "9007199254740993"}]
    params: {depth: 3, list: [1, null, {a: b}]}
    resources: {cpu: "2", timeout_seconds: 60}
options:
  disruption_policy: DISRUPTION_POLICY_FAIL
  timeouts: {run: 1h30m, queue: 90s, start: 1.5s}
  env: {A: b}
  volumes: [{name: v, mount_path: /v, scratch_size: 1Gi}]
`;

test('a whole file, in both habits of names', () => {
  expect(requestOf(complete)).toEqual({
    key: { tenant: 'acme', runId: 'run-7', stepId: 'clean', attempt: 2 },
    invocation: {
      metadata: { invocationId: 'clean-1' },
      spec: {
        agent: { name: 'A', version: '1', image: 'img' },
        inputs: [{ name: 'a', artifactUri: 'file:///a', sizeBytes: '9007199254740993' }],
        params: { depth: 3, list: [1, null, { a: 'b' }] },
        resources: { cpu: '2', timeoutSeconds: 60 },
      },
    },
    options: {
      disruptionPolicy: 'DISRUPTION_POLICY_FAIL',
      timeouts: { run: '5400s', queue: '90s', start: '1.500s' },
      env: { A: 'b' },
      volumes: [{ name: 'v', mountPath: '/v', scratchSize: '1Gi' }],
    },
  });
});

test('JSON with a manifest as text keeps it byte for byte', () => {
  const manifest = '{"apiVersion": "glip/v1",\n "x": 1.0}';
  const text = JSON.stringify({ key: { tenant: 'a', step_id: 's' }, manifest_json: manifest });
  expect(requestOf(text)).toMatchObject({ manifestJson: manifest, key: { runId: 'new-run' } });
});

describe('the tenant', () => {
  const file = 'key: {step_id: s}';
  test.for([
    ['of the file', 'key: {step_id: s, tenant: a}', { defaultTenant: 'b' }, 'a'],
    ['of --tenant', file, { tenant: 'c', defaultTenant: 'b' }, 'c'],
    ['of GLIP_TENANT', file, { defaultTenant: 'b' }, 'b'],
  ] as const)('%s', ([, text, more, want]) => {
    expect(requestOf(text, more)).toMatchObject({ key: { tenant: want } });
  });

  test('of --tenant must agree with the file', () => {
    expect(problemsOf('key: {step_id: s, tenant: a}', { tenant: 'b' })).toEqual([
      'key.tenant: "a" is not --tenant "b"',
    ]);
    expect(problemsOf(file)).toEqual(['key.tenant: is required; or give --tenant or GLIP_TENANT']);
  });
});

test('every problem comes at once, with its path and a hint', () => {
  const text = `
key: {tenant: 5, step_id: s, atempt: 1}
invocation: {spec: {resources: {cpu: 2, timeout_seconds: -1}, inputs: {name: a}, agent: img}}
manifest_json: "{}"
options:
  timeouts: {run: 600, queue: soon}
  spot: yes please
  disruption_policy: DISRUPTION_POLICY_FIAL
  labels: [a]
  env: {A: 1}
  volumes: [{name: v, scratch_size: 1Gi, claim: c}]
`;
  expect(problemsOf(text)).toEqual([
    'key.tenant: must be a text, is 5; write "5"',
    'key.atempt: is not a field of StepKey; did you mean attempt?',
    'invocation.spec.resources.cpu: must be a text, is 2; write "2"',
    'invocation.spec.resources.timeout_seconds: must not be negative, is -1',
    'invocation.spec.inputs: must be a list, is a mapping',
    'invocation.spec.agent: must be a mapping, is "img"',
    'manifest_json: cannot stand beside invocation',
    'options.timeouts.run: "600" is not a duration: the unit is missing; write 600s, 600m or 600h',
    'options.timeouts.queue: "soon" is not a duration, such as 90s, 15m, 1h30m or 500ms',
    'options.spot: must be true or false, is "yes please"',
    'options.disruption_policy: "DISRUPTION_POLICY_FIAL" is not one of DISRUPTION_POLICY_FAIL, DISRUPTION_POLICY_REPLACE; did you mean DISRUPTION_POLICY_FAIL?',
    'options.labels: must be a mapping, is a list',
    'options.env.A: must be a text, is 1; write "1"',
    'options.volumes[0].claim: cannot stand beside scratch_size',
  ]);
});

test.for([
  ['nothing', '', 'the file is empty'],
  ['a list', '[]', 'must be a mapping, is a list'],
  ['two documents', 'key: {}\n---\nkey: {}', /multiple documents/],
  ['a field twice in two habits', 'key: {step_id: a, stepId: b}', 'key.stepId: cannot stand beside step_id'],
  ['no step', 'key: {tenant: a}', 'key.step_id: is required'],
  [
    'another API version',
    'key: {}\ninvocation: {apiVersion: glip/v2}',
    /^invocation.apiVersion: is not a field/,
  ],
  ['a duplicate key', 'key: {step_id: a, step_id: b}', /the key "step_id" stands twice/],
  [
    'a number beyond its type',
    'key: {step_id: a, attempt: 99999999999}',
    'key.attempt: is out of range: 99999999999',
  ],
] as const)('%s is refused', ([, text, want]) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  if (typeof want === 'string') expect(problems[0]).toBe(want);
  else expect(problems[0]).toMatch(want);
});
