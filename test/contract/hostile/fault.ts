import type { SubmitStepRequest } from '../../../gen/glip/executor/v1/executor_service_pb.js';

/** One way to make a valid submit wrong. Faults of different areas do not hide each other. */
export interface Fault {
  readonly area: string;
  /** What must be named; `invocation` stands for `manifest_json` in a manifest that is text. */
  readonly field: string;
  readonly value: unknown;
  readonly apply: (request: SubmitStepRequest) => void;
}

type Target = Record<string, unknown>;

/** Puts a value where a path leads, making what is missing on the way. */
export function put(root: object, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at = root as Target;
  for (const part of parts) {
    at[part] ??= {};
    at = at[part] as Target;
  }
  at[last] = value;
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/** Wrong values of a field of the key, one fault each. */
export const inKey = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: `key.${field}`,
    field: `key.${field}`,
    value,
    apply: (request) => put(request, `key.${camel(field)}`, value),
  }));

/** The typed invocation of a submit. */
export const invocation = ({ manifest }: SubmitStepRequest) =>
  manifest.case === 'invocation' ? manifest.value : {};

/** Wrong values of a field of the invocation. */
export const inManifest = (area: string, field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area,
    field: `invocation.${field}`,
    value,
    apply: (request) => put(invocation(request), camel(field), value),
  }));

/** Wrong values of an option. */
export const inOptions = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: `options.${field.split('.')[0]}`,
    field: `options.${field}`,
    value,
    apply: (request) => {
      put(request, `options.${camel(field)}`, value);
    },
  }));

/** A wrong entry of a map among the options. */
export const member = (map: string, key: string, value: string): Fault => ({
  area: `options.${map}`,
  field: `options.${map}[${JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key)}]`,
  value,
  apply: (request) => {
    put(request, `options.${map}`, { [key]: value });
  },
});

/** A map of so many entries. */
export const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));

const input = (change: object) => [
  {
    name: 'in',
    artifactUri: 's3://b/k',
    sha256: '0'.repeat(64),
    mediaType: '',
    sourceStep: '',
    ...change,
  },
];

/** Wrong values of a field of the only input. */
export const inInput = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: 'inputs',
    field: `invocation.spec.inputs[0].${field}`,
    value,
    apply: (request) => put(invocation(request), 'spec.inputs', input({ [camel(field)]: value })),
  }));

/** A wrong volume. */
export const volume = (field: string, change: object): Fault => ({
  area: 'options.volumes',
  field: `options.volumes[0].${field}`,
  value: change,
  apply: (request) => {
    put(request, 'options.volumes', [
      {
        name: 'data',
        mountPath: '/data',
        readOnly: false,
        source: { case: 'scratchSize', value: '1Gi' },
        ...change,
      },
    ]);
  },
});
