import { expect, test } from 'vitest';
import type { Sample, StorageEvidence } from '../../../src/cli/check/port.ts';
import { checkSecretsAtRest } from '../../../src/cli/check/secrets-at-rest.ts';

type Labels = Readonly<Record<string, string>>;
const sample = (name: string, labels: Labels, value = 1): Sample => ({ name, labels, value });
const operation = (type: 'to' | 'from', prefix: string, more: Labels = { resource: 'secrets' }): Sample =>
  sample('apiserver_storage_transformation_operations_total', {
    status: 'OK',
    transformation_type: `${type}_storage`,
    transformer_prefix: prefix,
    ...more,
  });
const aescbc = 'k8s:enc:aescbc:v1:';
const config = sample('apiserver_encryption_config_controller_last_config_info', { hash: 'x' });
const objects = (value: number) => sample('apiserver_resource_objects', { resource: 'secrets' }, value);
const request = (labels: Labels) =>
  sample('apiserver_request_total', {
    resource: 'secrets',
    verb: 'POST',
    code: '201',
    dry_run: '',
    ...labels,
  });

const flag = ['kube-apiserver', '--encryption-provider-config=/etc/enc.yaml'];
const none = ['kube-apiserver', '--etcd-servers=x', '--encryption-provider-config-automatic-reload'];

const cases: readonly (readonly [
  what: string,
  evidence: Partial<StorageEvidence>,
  status: 'ok' | 'warn',
  says: RegExp,
])[] = [
  [
    'encrypted writes',
    { metrics: [operation('to', aescbc), operation('to', 'key1:')] },
    'ok',
    /encrypts Secrets at rest \(aescbc\)$/,
  ],
  ['encrypted reads', { metrics: [operation('from', 'k8s:enc:kms:v2:vault:')] }, 'ok', /\(kms:v2\)$/],
  ['with the flag, too', { metrics: [operation('to', aescbc)], flags: [flag, flag] }, 'ok', /aescbc/],
  [
    'the identity provider writes',
    { metrics: [operation('to', '')] },
    'warn',
    /not encrypted at rest: .* reads and writes/,
  ],
  [
    'the identity provider reads',
    { metrics: [operation('from', 'identity')] },
    'warn',
    /not encrypted at rest: .* reads and writes/,
  ],
  [
    'both ways',
    { metrics: [operation('to', aescbc), operation('to', '')] },
    'warn',
    /some Secrets encrypted \(aescbc\) and some as they are/,
  ],
  [
    'left over from before',
    { metrics: [operation('to', aescbc), operation('from', 'identity')] },
    'warn',
    /some lie there as they are/,
  ],
  [
    'failed attempts count for nothing',
    { metrics: [operation('to', aescbc, { resource: 'secrets', status: 'Internal' })] },
    'warn',
    /not known/,
  ],
  [
    'other kinds only',
    { metrics: [operation('to', aescbc, { resource: 'configmaps' }), objects(3)] },
    'warn',
    /not encrypted at rest: .* as they are/,
  ],
  [
    'kinds are not told',
    { metrics: [operation('to', aescbc, {})] },
    'warn',
    /not known: .* encrypts with aescbc, and does not say what/,
  ],
  [
    'Secrets are there and nothing was transformed',
    { metrics: [objects(2)] },
    'warn',
    /not encrypted at rest/,
  ],
  [
    'Secrets were written and nothing was transformed',
    { metrics: [request({}), objects(0)] },
    'warn',
    /not encrypted at rest/,
  ],
  ['a dry run writes nothing', { metrics: [request({ dry_run: 'All' })] }, 'warn', /not known/],
  ['nor does a refusal', { metrics: [request({ code: '403' })] }, 'warn', /not known/],
  ['nor does a read', { metrics: [request({ verb: 'GET' })] }, 'warn', /not known/],
  [
    'nothing has happened yet',
    { metrics: [config, objects(0)] },
    'warn',
    /not known: the API server has an EncryptionConfiguration, and has stored no Secret/,
  ],
  [
    'a count that failed',
    { metrics: [objects(-1)] },
    'warn',
    /not known: the API server has stored no Secret/,
  ],
  ['no flag', { flags: [none, none] }, 'warn', /not encrypted at rest: no API server/],
  [
    'no flag, whatever was counted',
    { flags: [none], metrics: [operation('to', aescbc)] },
    'warn',
    /not encrypted/,
  ],
  ['some have the flag', { flags: [flag, none] }, 'warn', /not encrypted at rest: some/],
  [
    'the flag alone',
    { flags: [['kube-apiserver', '--encryption-provider-config', '/x']] },
    'warn',
    /not known: .* its metrics cannot be read/,
  ],
  ['nothing', { flags: [] }, 'warn', /not known: neither metrics nor flags/],
];

test.each(cases)('%s', (_, evidence, status, says) => {
  const check = checkSecretsAtRest({ metrics: undefined, flags: undefined, ...evidence });
  expect(check.name).toBe('secrets at rest');
  expect(check.what).toMatch(says);
  expect(check.status).toBe(status);
  expect(check.remedy === undefined).toBe(status === 'ok');
});
