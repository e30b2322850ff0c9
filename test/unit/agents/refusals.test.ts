import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import {
  type Document,
  type Invocation,
  readJson,
  run,
  temporaryDirectory,
  terminationMessage,
} from './invocation.ts';
import { clean, compute, PERIOD, report } from './steps.ts';

interface Want {
  readonly code: number;
  readonly error_code: string;
  readonly retriable: boolean;
  readonly message: RegExp;
}

const inputEdit = (edit: Document) => (manifest: Document) => {
  Object.assign(manifest.spec.inputs[0], edit);
  return manifest;
};

const cases: Record<string, { invocation: Invocation; want: Want }> = {
  'an input with another checksum': {
    invocation: clean({ manifest: inputEdit({ sha256: 'a'.repeat(64) }) }),
    want: {
      code: 3,
      error_code: 'CHECKSUM_MISMATCH',
      retriable: true,
      message: /activity is not the artifact/,
    },
  },
  'an input that is not there (yet)': {
    invocation: clean({ inputs: { activity: '/nonexistent/activity.csv' } }),
    want: {
      code: 8,
      error_code: 'INPUT_MISSING',
      retriable: true,
      message: /there is no file:\/\/\/nonexistent/,
    },
  },
  'an input in a scheme that the agent cannot read': {
    invocation: clean({ manifest: inputEdit({ artifact_uri: 's3://bucket/activity.csv' }) }),
    want: {
      code: 2,
      error_code: 'URI_SCHEME_UNSUPPORTED',
      retriable: false,
      message: /s3:.*file:\/\/ URIs only/,
    },
  },
  'a file URI on another host': {
    invocation: clean({ manifest: inputEdit({ artifact_uri: 'file://server/share/x.csv' }) }),
    want: { code: 2, error_code: 'URI_INVALID', retriable: false, message: /server/ },
  },
  'an input of an unknown name and none of the right one': {
    invocation: clean({ manifest: inputEdit({ name: 'activities' }) }),
    want: {
      code: 2,
      error_code: 'INPUTS_INVALID',
      retriable: false,
      message: /activities is unknown; .*activity is missing/,
    },
  },
  'parameters that are wrong or unknown, all of them named': {
    invocation: clean({
      params: { pause_ms_per_row: -1, date_order: 'ymd', period_start: 'today', speed: 3 },
    }),
    want: {
      code: 2,
      error_code: 'PARAMS_INVALID',
      retriable: false,
      message:
        /speed: unknown.*pause_ms_per_row: must be an integer.*date_order: must be one of.*period_start: must be a day/,
    },
  },
  'an output that the agent does not have': {
    invocation: clean({ output: 'report' }),
    want: {
      code: 2,
      error_code: 'OUTPUTS_INVALID',
      retriable: false,
      message: /unknown output report; this agent has cleaned/,
    },
  },
  'a manifest of another invocation': {
    invocation: clean({ env: { GLIP_INVOCATION_ID: 'inv-other' } }),
    want: { code: 2, error_code: 'INVOCATION_MISMATCH', retriable: false, message: /another invocation/ },
  },
  'a manifest with every kind of fault': {
    invocation: clean({
      manifest: () => ({ kind: 'Pod', spec: { inputs: [{ sha256: 'x' }], outputs: {}, params: [] } }),
    }),
    want: {
      code: 2,
      error_code: 'MANIFEST_INVALID',
      retriable: false,
      message: /apiVersion.*kind.*invocation_id.*inputs\[0\].name.*sha256.*outputs.*params/,
    },
  },
  'a manifest that is not there': {
    invocation: clean({ env: { GLIP_INPUT_MANIFEST: '/nonexistent/manifest.json' } }),
    want: { code: 2, error_code: 'MANIFEST_UNREADABLE', retriable: false, message: /cannot be read/ },
  },
  'data that is too bad to be of use': {
    invocation: clean({ params: { ...PERIOD, max_rejected_ratio: 0.05 } }),
    want: {
      code: 2,
      error_code: 'INPUT_QUALITY_TOO_LOW',
      retriable: false,
      message: /32 of 241 rows are unusable/,
    },
  },
};

test.each(Object.entries(cases))(
  '%s is refused with its exit code and a reason',
  async (_name, { invocation, want }) => {
    const ended = await run(invocation);
    expect(ended.code).toBe(want.code);
    const error = readJson(ended.outputs, 'error.json');
    expect(error).toMatchObject({
      error_code: want.error_code,
      error_type: expect.stringMatching(/Error$/),
      message: expect.stringMatching(want.message),
      retriable: want.retriable,
      suggested_action: expect.stringMatching(/\S/),
      details: expect.any(Object),
    });
    expect(readJson(ended.outputs, 'result.json')).toMatchObject({ status: 'failed', artifacts: [] });
    expect(readJson(ended.outputs, 'step_metadata.json').execution).toMatchObject({
      status: 'failed',
      exit_code: want.code,
    });
    expect(terminationMessage(ended)).toMatchObject({
      status: 'failed',
      error_code: want.error_code,
      message: error.message,
      retriable: want.retriable,
      suggested_action: error.suggested_action,
    });
    expect(existsSync(ended.published)).toBe(false);
  },
);

const contents: Record<string, { text: string | Buffer; code: string; message: RegExp }> = {
  'no columns that mean anything': {
    text: 'a,b\n1,2\n',
    code: 'COLUMNS_MISSING',
    message: /site, date, activity, amount, unit/,
  },
  'nothing at all': { text: '', code: 'INPUT_EMPTY', message: /no header/ },
  'a header and no rows': {
    text: 'site,date,activity,amount,unit\n',
    code: 'INPUT_EMPTY',
    message: /no rows/,
  },
  'a quote that never ends': {
    text: 'site,date,activity,amount,unit\n"x,1\n',
    code: 'INPUT_UNREADABLE',
    message: /line 2/,
  },
  'bytes that are not UTF-8': {
    text: Buffer.from([0x73, 0xff, 0xfe]),
    code: 'INPUT_UNREADABLE',
    message: /not UTF-8/,
  },
};

test.each(Object.entries(contents))('an input with %s is refused', async (_name, { text, code, message }) => {
  const path = join(temporaryDirectory(), 'activity.csv');
  writeFileSync(path, text);
  const ended = await run(clean({ inputs: { activity: path } }));
  expect(ended.code).toBe(2);
  expect(readJson(ended.outputs, 'error.json')).toMatchObject({
    error_code: code,
    message: expect.stringMatching(message),
  });
});

test('later steps take nothing on trust from earlier ones', async () => {
  const cleaned = await run(clean());
  const directory = temporaryDirectory();
  const place = (name: string, value: unknown) => {
    writeFileSync(join(directory, name), JSON.stringify(value));
    return join(directory, name);
  };
  const row = {
    line: 2,
    site: 'Leeds',
    date: '2024-01-31',
    month: '2024-01',
    activity: 'coal',
    amount: '1',
    unit: 'kg',
  };
  const document = (rows: unknown[]) => ({ schema: 'activity-data/v1', rows });
  const coal = await run(compute(cleaned, { inputs: { cleaned: place('coal.json', document([row])) } }));
  const float = await run(
    compute(cleaned, { inputs: { cleaned: place('float.json', document([{ ...row, amount: 1.1 }])) } }),
  );
  const other = await run(
    report(cleaned, cleaned, { inputs: { emissions: place('other.json', { schema: 'x' }) } }),
  );
  expect([coal.code, float.code, other.code]).toEqual([2, 2, 2]);
  expect(readJson(coal.outputs, 'error.json')).toMatchObject({
    error_code: 'FACTOR_MISSING',
    details: { line: 2, activity: 'coal' },
  });
  expect(readJson(float.outputs, 'error.json').message).toContain(
    'rows[0].amount: must be a decimal, as a text',
  );
  expect(readJson(other.outputs, 'error.json').message).toContain('schema is not emissions/v1');
});

test('artifacts stay in the output directory, with a warning, when they cannot be published', async () => {
  const elsewhere = await run(
    clean({
      manifest: (manifest) => {
        manifest.spec.outputs[0].artifact_prefix = 's3://bucket/run/step/';
        return manifest;
      },
    }),
  );
  expect(elsewhere.code).toBe(0);
  const result = readJson(elsewhere.outputs, 'result.json');
  expect(result.warnings).toEqual([expect.stringContaining('s3://bucket/run/step/ is no file:// prefix')]);
  expect(existsSync(join(elsewhere.outputs, 'artifacts/cleaned.json'))).toBe(true);
  expect(result.artifacts[0]).not.toHaveProperty('uri');
});

test('an output directory that cannot be written still leads to an exit code and a termination message', async () => {
  const blocked = join(temporaryDirectory(), 'file');
  writeFileSync(blocked, '');
  const ended = await run(clean({ env: { GLIP_OUTPUT_DIR: join(blocked, 'outputs') } }));
  expect(ended.code).toBe(1);
  expect(terminationMessage(ended)).toMatchObject({ status: 'failed', error_code: 'ENOTDIR' });
});

test('a termination log that cannot be written is no failure', async () => {
  const ended = await run(clean({ env: { TERMINATION_MESSAGE_PATH: '/nonexistent/termination-log' } }));
  expect(ended.code).toBe(0);
  expect(ended.stdout()).toContain('no termination message');
});

test('a prefix with spaces and signs in its name works', async () => {
  const directory = join(temporaryDirectory(), 'a run #1 (ü)');
  mkdirSync(directory);
  const ended = await run(
    clean({
      manifest: (manifest) => {
        manifest.spec.outputs[0].artifact_prefix = `${pathToFileURL(directory).href}/`;
        return manifest;
      },
    }),
  );
  expect(ended.code).toBe(0);
  expect(existsSync(join(directory, 'manifest.json'))).toBe(true);
});
