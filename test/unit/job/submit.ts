import { anyImage } from '../../../src/image/rules.ts';
import type { Options } from '../../../src/job/options.ts';
import { parseSubmit, type SubmitRequest, type SubmitSettings } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import type { JsonValue } from '../../../src/lib/json-text.ts';
import { defaultPools } from '../../../src/policy/parse-pools.ts';
import { ExecutorError } from '../../../src/step/errors.ts';

export const key = { tenant: 'acme', runId: 'run-1', stepId: 'ingest', attempt: 0 };

export const noOptions: Options = {
  pool: '',
  priorityClass: '',
  spot: false,
  timeouts: { queue: undefined, start: undefined, run: undefined, total: undefined },
  gracePeriod: undefined,
  replaceDisrupted: false,
  uninterruptible: false,
  ttlAfterFinished: undefined,
  command: [],
  args: [],
  env: {},
  volumes: [],
  secrets: [],
  egress: [],
  noEgress: false,
  labels: {},
  annotations: {},
  unsupported: [],
};

export const settings: SubmitSettings = {
  namespacePrefix: 'glip-',
  pools: defaultPools,
  timeouts: { queue: 600, start: 300, run: 900, total: 0 },
  maxRunSeconds: 86_400,
  graceSeconds: 30,
  ttlSeconds: 3_600,
  outputsSize: '1Gi',
  atMostOnce: { cluster: false, tenants: new Map() },
  place: { region: undefined, dataClassifications: [] },
  reservedKeys: ['mesh.example'],
  images: anyImage,
};

export type Members = { readonly [key: string]: JsonValue };

/** A manifest as GLIP.md describes it, with changes to its spec. */
export const manifest = (spec: Members = {}, metadata: Members = {}): Members => ({
  apiVersion: 'glip/v1',
  kind: 'Invocation',
  metadata: { invocation_id: 'inv-1', ...metadata },
  spec: {
    agent: { name: 'OPS.DATA.Ingest', version: '1.2.3', image: 'ghcr.io/greenlang/agents/ingest:1.2.3' },
    ...spec,
  },
});

export const request = (more: Partial<SubmitRequest> = {}): SubmitRequest => ({
  key,
  manifest: { kind: 'typed', value: manifest() },
  options: noOptions,
  unknownFields: [],
  ...more,
});

export const withOptions = (options: Partial<Options>): SubmitRequest =>
  request({ options: { ...noOptions, ...options } });

export const withText = (text: string): SubmitRequest => request({ manifest: { kind: 'json', text } });

/** The spec of a request that is in order. */
export function accepted(r: SubmitRequest, s: SubmitSettings = settings): StepSpec {
  const parsed = parseSubmit(r, s);
  if (parsed instanceof ExecutorError) throw parsed;
  return parsed;
}

/** What is wrong with a request, one line each. */
export function refusals(r: SubmitRequest, s: SubmitSettings = settings): readonly string[] {
  const parsed = parseSubmit(r, s);
  if (!(parsed instanceof ExecutorError)) throw new Error('the request was accepted');
  return parsed.violations.map((v) => `${v.field}: ${v.message}`);
}
