import { describe, expect, test } from 'vitest';
import { maxManifestBytes } from '../../../src/job/open-manifest.ts';
import { parseSubmit, type SubmitRequest } from '../../../src/job/parse-submit.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import {
  accepted,
  key,
  manifest,
  noOptions,
  refusals,
  request,
  settings,
  withOptions,
  withText,
} from './submit.ts';

const reasonOf = (r: SubmitRequest) => (parseSubmit(r, settings) as ExecutorError).reason;
const typed = (value: ReturnType<typeof manifest>, more: Partial<SubmitRequest> = {}) =>
  request({ manifest: { kind: 'typed', value }, ...more });
/** A manifest that is right but for a member at its beginning. */
const beginning = (member: string): string => JSON.stringify(manifest()).replace('{', `{${member},`);

describe('a request that is in order', () => {
  test('becomes a spec', () => {
    expect(accepted(request())).toMatchObject({
      key,
      namespace: 'glip-acme',
      invocationId: 'inv-1',
      agent: 'OPS.DATA.Ingest',
      image: 'ghcr.io/greenlang/agents/ingest:1.2.3',
      timeouts: { queue: 600, start: 300, run: 900, total: 1_800 },
      graceSeconds: 30,
      ttlSeconds: 3_600,
      outputsSize: '1Gi',
      resources: { pool: 'standard' },
      trace: { traceparent: '', tracestate: '' },
    });
  });

  test('has its text mounted byte for byte', () => {
    const text = `\n ${JSON.stringify(manifest({ params: { x: 'é' } }))}\t`;
    expect(accepted(withText(text)).manifestText).toBe(text);
  });

  test("typed, is written in GLIP's JSON", () => {
    expect(JSON.parse(accepted(request()).manifestText)).toEqual(manifest());
  });

  test('may say its times and its grace', () => {
    const options = {
      timeouts: { queue: 1, start: 2, run: 3, total: 4 },
      gracePeriod: 0,
      ttlAfterFinished: 60,
    };
    expect(accepted(withOptions(options))).toMatchObject({
      timeouts: { queue: 1, start: 2, run: 3, total: 4 },
      graceSeconds: 0,
      ttlSeconds: 60,
    });
  });

  test("the option's run time goes before the manifest's, and that before the configuration's", () => {
    const value = manifest({ resources: { timeout_seconds: 60 } });
    expect(accepted(typed(value)).timeouts).toMatchObject({ run: 60, total: 960 });
    const options = { ...noOptions, timeouts: { run: 30 } };
    expect(accepted(typed(value, { options })).timeouts.run).toBe(30);
  });

  test('gets the total of the configuration, where there is one', () => {
    const timeouts = { ...settings.timeouts, total: 7_200 };
    expect(accepted(request(), { ...settings, timeouts }).timeouts.total).toBe(7_200);
  });

  test('gets what it asks for', () => {
    const value = manifest({ resources: { cpu: '2', memory: '4Gi' } });
    expect(accepted(typed(value)).resources.requests).toMatchObject({ cpu: '2', memory: '4Gi' });
  });
});

describe('what is wrong with a request', () => {
  test.each<[string, SubmitRequest, readonly string[]]>([
    ['no key', request({ key: undefined }), ['key: is required']],
    [
      'a key that is wrong',
      request({ key: { ...key, attempt: -1 } }),
      ['key.attempt: must be from 0 to 9999'],
    ],
    [
      'no manifest',
      request({ manifest: undefined }),
      ['invocation: either invocation or manifest_json is required'],
    ],
    ['a text that is empty', withText(''), ['manifest_json: the text is empty']],
    [
      'a text that is no JSON',
      withText('{"a":'),
      ['manifest_json.a: expected a value, found the end of the text (line 1, column 6)'],
    ],
    [
      'two keys of one name',
      withText(beginning('"x":{"a":1,"a":2}')),
      ['manifest_json.x.a: is a duplicate key (line 1, column 13)'],
    ],
    [
      'a NUL',
      withText(beginning('"a":"\\u0000"')),
      ['manifest_json.a: a NUL character in a string (line 1, column 6)'],
    ],
    [
      'a control character in a key',
      withText(beginning('"\\n":1')),
      ['manifest_json: a control character in a string (line 1, column 2)'],
    ],
    [
      'a number that is not what it says',
      withText(beginning('"a":9007199254740993')),
      ['manifest_json.a: a whole number beyond 2^53-1 (line 1, column 6)'],
    ],
    [
      'a NUL, and what is wrong beside it',
      withText(beginning('"a":"\\u0000"').replace('glip/v1', 'glip/v2')),
      [
        'manifest_json.a: a NUL character in a string (line 1, column 6)',
        'manifest_json.apiVersion: must be "glip/v1"',
      ],
    ],
    [
      'a text with a byte order mark',
      withText('\ufeff{}'),
      ['manifest_json: the text begins with a byte order mark; leave it out'],
    ],
    [
      'a text that is too deep',
      withText('['.repeat(65)),
      [`manifest_json${'[0]'.repeat(64)}: nested deeper than 64 levels (line 1, column 65)`],
    ],
    [
      'a text that is too large',
      withText(`"${'x'.repeat(maxManifestBytes)}"`),
      [
        'manifest_json: is 921602 bytes of JSON; at most 921600 fit: put what is large into an input artifact',
      ],
    ],
    [
      'an invocation that is too large',
      typed(manifest({ params: { x: 'é'.repeat(maxManifestBytes / 2) } })),
      ['invocation: is 921893 bytes of JSON; at most 921600 fit: put what is large into an input artifact'],
    ],
    [
      'half a character in an invocation',
      typed(manifest({ params: { x: '\ud800' } })),
      ['invocation.spec.params.x: a lone surrogate in a string'],
    ],
    [
      'a NUL in an invocation',
      typed(manifest({ params: { x: '\0' } })),
      ['invocation.spec.params.x: a NUL character in a string'],
    ],
    [
      'a manifest that is wrong',
      typed(manifest({}, { invocation_id: '' })),
      ['invocation.metadata.invocation_id: is required'],
    ],
    [
      'the same in a text',
      withText(JSON.stringify(manifest({}, { invocation_id: '' }))),
      ['manifest_json.metadata.invocation_id: is required'],
    ],
    [
      'more than any pool has',
      typed(manifest({ resources: { cpu: '1000' } })),
      ['invocation.spec.resources.cpu: POOL'],
    ],
    ['a pool that is not there', withOptions({ pool: 'mars' }), ['options.pool: POOL']],
    [
      'a run time beyond its own quota',
      typed(
        manifest({
          resources: { timeout_seconds: 60 },
          permissions: { resource_quotas: { max_runtime_seconds: 59 } },
        }),
      ),
      [
        'invocation.spec.resources.timeout_seconds: a run time of 60 s is more than the 59 s of max_runtime_seconds',
      ],
    ],
    [
      'a run time by option beyond the quota',
      typed(manifest({ permissions: { resource_quotas: { max_runtime_seconds: 59 } } }), {
        options: { ...noOptions, timeouts: { run: 60 } },
      }),
      ['options.timeouts.run: a run time of 60 s is more than the 59 s of max_runtime_seconds'],
    ],
    [
      'a total that is shorter than the run',
      withOptions({ timeouts: { run: 60, total: 59 } }),
      ['options.timeouts.total: must not be shorter than the run time of 60 s'],
    ],
    [
      'a field of a newer contract',
      request({ unknownFields: ['options.#99'] }),
      ['options.#99: is not supported by this executor: it is newer than this executor'],
    ],
  ])('%s', (_, r, wanted) => {
    expect(
      refusals(r).map((line) =>
        line.replace(/^(invocation.spec.resources.cpu|options.pool): .+/, '$1: POOL'),
      ),
    ).toEqual(wanted);
  });

  test('a run time that this executor does not allow', () => {
    expect(refusals(withOptions({ timeouts: { run: 61 } }), { ...settings, maxRunSeconds: 60 })).toEqual([
      'options.timeouts.run: a run time of 61 s is more than the 60 s that this executor allows',
    ]);
  });

  test('everything at once: request, key, options, manifest, times and resources', () => {
    const r: SubmitRequest = {
      key: { ...key, tenant: 'A' },
      manifest: {
        kind: 'typed',
        value: manifest({
          agent: {},
          resources: { cpu: 'x', timeout_seconds: 60 },
          permissions: { resource_quotas: { max_runtime_seconds: 1 } },
        }),
      },
      options: { ...noOptions, unsupported: ['lease'], gracePeriod: -1, timeouts: { total: 1 } },
      unknownFields: ['#9'],
    };
    expect((parseSubmit(r, settings) as ExecutorError).violations.map((v) => v.field)).toEqual([
      '#9',
      'key.tenant',
      'options.lease',
      'options.grace_period',
      'invocation.spec.agent.name',
      'invocation.spec.agent.image',
      'invocation.spec.resources.timeout_seconds',
      'options.timeouts.total',
      'invocation.spec.resources.cpu',
    ]);
  });

  test('a manifest that cannot be read hides nothing else', () => {
    expect(
      refusals({
        ...withOptions({ gracePeriod: -1 }),
        key: undefined,
        manifest: { kind: 'json', text: '{' },
      }).map((l) => l.split(':')[0]),
    ).toEqual(['key', 'options.grace_period', 'manifest_json']);
  });
});

describe('the reason', () => {
  const newer = manifest({ resources: { tpu: 1 }, permissions: { data_classification: 'x' } });

  test.each<[string, SubmitRequest, string]>([
    [
      'is UNSUPPORTED_OPTION when nothing else is wrong: options',
      withOptions({ unsupported: ['lease'] }),
      'UNSUPPORTED_OPTION',
    ],
    ['is UNSUPPORTED_OPTION when nothing else is wrong: the manifest', typed(newer), 'UNSUPPORTED_OPTION'],
    [
      'is UNSUPPORTED_OPTION when nothing else is wrong: a newer contract',
      request({ unknownFields: ['x'] }),
      'UNSUPPORTED_OPTION',
    ],
    ['is INVALID_REQUEST when anything else is', typed(newer, { key: undefined }), 'INVALID_REQUEST'],
    ['is INVALID_REQUEST for a plain fault', request({ key: undefined }), 'INVALID_REQUEST'],
  ])('%s', (_, r, reason) => {
    expect(reasonOf(r)).toBe(reason);
    expect(parseSubmit(r, settings)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('is of an error that is given back, not thrown', () => {
    expect(parseSubmit(request({ key: undefined }), settings)).toBeInstanceOf(ExecutorError);
  });
});
