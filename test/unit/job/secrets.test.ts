import { describe, expect, test } from 'vitest';
import { toJob } from '../../../src/job/objects.ts';
import type { TenantRules } from '../../../src/job/option-defaults.ts';
import type { Options } from '../../../src/job/options.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { SecretUse } from '../../../src/job/secrets.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { accepted, request, settings, withOptions } from './submit.ts';

const tenant: TenantRules = {
  pools: [],
  priorityClasses: [],
  secrets: ['db', 'api.keys'],
  egress: [],
  hosts: 'yes',
  images: { sources: [], keys: [], signatures: undefined },
  defaults: { timeouts: {} },
};
const env = (secret: string, key: string, name: string): SecretUse => ({
  secret,
  key,
  target: { kind: 'env', name },
});
const files = (secret: string, mountPath: string, key = ''): SecretUse => ({
  secret,
  key,
  target: { kind: 'files', mountPath },
});
const ask = (
  secrets: readonly SecretUse[],
  more: Partial<Options> = {},
  rules: TenantRules | undefined = tenant,
) => parseSubmit(withOptions({ secrets, ...more }), settings, rules);
const jobOf = (secrets: readonly SecretUse[]) => {
  const spec = ask(secrets);
  if (spec instanceof ExecutorError) throw spec;
  return toJob(spec, 0);
};
const problems = (secrets: readonly SecretUse[], more: Partial<Options> = {}, rules?: TenantRules) => {
  const said = ask(secrets, more, rules);
  if (!(said instanceof ExecutorError)) throw new Error('it was accepted');
  return said.violations?.map(({ field, message }) => `${field}: ${message}`);
};

describe('secrets of a step', () => {
  test('are references in its pod, and nothing else', () => {
    const { template } = jobOf([
      env('db', 'password', 'DB_PASSWORD'),
      files('api.keys', '/etc/keys'),
      files('db', '/etc/db', 'ca.pem'),
    ]).spec;
    const [agent] = template.spec.containers;
    expect(agent!.env.at(-1)).toEqual({
      name: 'DB_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'db', key: 'password' } },
    });
    expect(agent!.volumeMounts.slice(-2)).toEqual([
      { name: 'glip-secret-1', mountPath: '/etc/keys', readOnly: true },
      { name: 'glip-secret-2', mountPath: '/etc/db', readOnly: true },
    ]);
    expect(template.spec.volumes.slice(-2)).toEqual([
      { name: 'glip-secret-1', secret: { secretName: 'api.keys', defaultMode: 0o440 } },
      {
        name: 'glip-secret-2',
        secret: { secretName: 'db', defaultMode: 0o440, items: [{ key: 'ca.pem', path: 'ca.pem' }] },
      },
    ]);
  });

  test('are part of its spec, and change nothing of one without them', () => {
    const hash = (secrets: readonly SecretUse[]) => (ask(secrets) as { specHash: string }).specHash;
    expect(hash([])).toBe(accepted(request()).specHash);
    expect(hash([env('db', 'a', 'A')])).not.toBe(hash([env('db', 'b', 'A')]));
  });

  test('that the tenant does not allow are refused, with those that it does', () => {
    expect(problems([env('root', 'x', 'X')], {}, tenant)).toEqual([
      'options.secrets[0].name: is none that this tenant may use; those are: db, api.keys',
    ]);
    expect(problems([env('root', 'x', 'X')], {}, { ...tenant, secrets: [] })).toEqual([
      'options.secrets[0].name: is none that this tenant may use; those are: none',
    ]);
    const undescribed = parseSubmit(withOptions({ secrets: [env('db', 'x', 'X')] }), settings);
    expect((undescribed as ExecutorError).violations?.[0]?.message).toMatch(
      /^nobody has described this tenant/,
    );
  });

  test('are refused with everything that is wrong', () => {
    const volumes = [
      {
        name: 'glip-secret-0',
        mountPath: '/data',
        readOnly: false,
        source: { kind: 'scratch', size: '1Gi' },
      },
    ] as const;
    expect(
      problems(
        [
          env('../db', 'a/b', 'GLIP_X'),
          env('db', '', 'A-B'),
          env('db', 'x', 'MINE'),
          files('db', '/data'),
          files('db', '/tmp'),
          files('db', '/glip/x', '..'),
          { secret: 'db', key: '', target: { kind: 'none' } },
        ],
        { env: { MINE: 'x' }, volumes },
        tenant,
      ),
    ).toEqual([
      'options.volumes[0].name: is reserved or appears twice',
      'options.secrets[0].name: must be the name of a Secret',
      'options.secrets[0].key: must be a key of a Secret: at most 253 of letters, digits, "-", "_" and "."',
      'options.secrets[0].env: the name is reserved for the executor',
      'options.secrets[1].key: must be set for an environment variable',
      'options.secrets[1].env: the name must be of letters, digits and "_", not begin with a digit',
      'options.secrets[2].env: appears twice',
      'options.secrets[3].mount_path: appears twice',
      'options.secrets[4].mount_path: appears twice',
      'options.secrets[5].key: must be a key of a Secret: at most 253 of letters, digits, "-", "_" and "."',
      'options.secrets[5].mount_path: is reserved, or holds a path that is',
      'options.secrets[6].env: must be set, or mount_path',
    ]);
    expect(
      problems(
        Array.from({ length: 51 }, (_, i) => env('db', 'x', `X${i}`)),
        {},
        tenant,
      ),
    ).toEqual(['options.secrets: must have at most 50 entries, has 51']);
  });
});
