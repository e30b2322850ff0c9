import { describe, expect, test } from 'vitest';
import { checkSpec } from '../../../src/tenant/check-spec.ts';
import type { TenantSpec } from '../../../src/tenant/spec.ts';
import { aSpec } from './build.ts';

const pools = ['standard', 'gpu'];
const range = (cidr: string, ports: readonly number[] = []) => ({
  to: { kind: 'cidr', cidr } as const,
  ports,
});
const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);

describe('a description that is right', () => {
  test.each<readonly [string, Partial<TenantSpec>]>([
    ['empty', {}],
    [
      'full',
      {
        quota: {
          'requests.cpu': '20',
          'limits.memory': '64Gi',
          'requests.ephemeral-storage': '1Ti',
          'requests.nvidia.com/gpu': '2',
          'requests.storage': '100Gi',
          'fast.storageclass.storage.k8s.io/requests.storage': '0',
          pods: '50',
        },
        pools: ['gpu'],
        priorityClasses: ['batch'],
        egress: [
          range('0.0.0.0/0', [443]),
          range('::/0'),
          { to: { kind: 'namespace', namespace: 'shared' }, ports: [1, 65_535] },
        ],
        imagePullSecrets: ['registry'],
        imageSources: ['ghcr.io/greenlang/*', 'ghcr.io/*', 'localhost:5000/a', 'docker.io/library/busybox'],
        labels: { 'example.com/cost': 'c-17', team: '' },
        defaults: {
          pool: 'gpu',
          priorityClass: 'batch',
          timeouts: { queue: 60, start: 60, run: 60, total: 600 },
          atMostOnce: true,
          replaceDisrupted: false,
          uninterruptible: true,
          gracePeriod: 0,
          ttlAfterFinished: 60,
          retainUntilAcknowledged: 604_800,
        },
      },
    ],
  ])('%s', (_, spec) => {
    expect(checkSpec(aSpec(spec), pools, 'spec')).toEqual([]);
  });
});

describe('what is wrong is said with its field', () => {
  test.each<readonly [field: string, message: RegExp, spec: Partial<TenantSpec>]>([
    ['quota["count/jobs.batch"]', /refuse a step/, { quota: { 'count/jobs.batch': '5' } }],
    ['quota["configmaps"]', /refuse a step/, { quota: { configmaps: '5' } }],
    ['quota["cpu"]', /requests\.cpu/, { quota: { cpu: '5' } }],
    ['quota["requests.cpu"]', /is not a quantity/, { quota: { 'requests.cpu': 'five' } }],
    ['quota["requests.cpu"]', /negative/, { quota: { 'requests.cpu': '-1' } }],
    ['quota["pods"]', /whole number/, { quota: { pods: '1500m' } }],
    ['quota["requests.nvidia.com/gpu"]', /whole number/, { quota: { 'requests.nvidia.com/gpu': '0.5' } }],
    ['quota', /at most 64/, { quota: Object.fromEntries(many(65).map((n) => [n, '1'])) }],
    ['pools[0]', /there are: standard, gpu/, { pools: ['none'] }],
    ['pools[1]', /twice/, { pools: ['gpu', 'gpu'] }],
    ['pools', /at most 100/, { pools: many(101) }],
    ['priority_classes[0]', /reserved/, { priorityClasses: ['system-node-critical'] }],
    ['priority_classes[0]', /PriorityClass/, { priorityClasses: ['No'] }],
    ['image_pull_secrets[0]', /Secret/, { imagePullSecrets: ['../x'] }],
    ['image_keys[0]', /must be one public key in PEM/, { imageKeys: ['a key'] }],
    ['image_keys', /at most 20/, { imageKeys: many(21) }],
    ['image_sources[0]', /must be a repository with its registry/, { imageSources: ['*'] }],
    ['image_sources[0]', /"docker.io\/greenlang\/\*"/, { imageSources: ['greenlang/*'] }],
    ['image_sources[1]', /twice/, { imageSources: ['ghcr.io/a', 'ghcr.io/a'] }],
    ['secrets[1]', /twice/, { secrets: ['db', 'db'] }],
    ['labels["a b"]', /key/, { labels: { 'a b': 'c' } }],
    ['labels["a"]', /label value/, { labels: { a: 'b c' } }],
    [
      'labels["kubernetes.io/metadata.name"]',
      /reserved/,
      { labels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    ],
    [
      'labels["pod-security.kubernetes.io/enforce"]',
      /reserved/,
      { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    ],
    [
      'labels["app.kubernetes.io/managed-by"]',
      /reserved/,
      { labels: { 'app.kubernetes.io/managed-by': 'me' } },
    ],
    ['egress', /at most 200/, { egress: many(201).map(() => range('10.0.0.0/8')) }],
    ['egress[0].cidr', /such as/, { egress: [range('db.example.org')] }],
    ['egress[0].cidr', /169\.254\.0\.0\/16/, { egress: [range('169.254.169.254/32')] }],
    ['egress[0].cidr', /no agent may reach/, { egress: [range('169.254.0.0/16')] }],
    ['egress[0].cidr', /fd00:ec2::\/32/, { egress: [range('fd00:ec2::254/128')] }],
    ['egress[0].ports[0]', /1 to 65535/, { egress: [range('10.0.0.0/8', [0])] }],
    ['egress[0].ports[1]', /twice/, { egress: [range('10.0.0.0/8', [80, 80])] }],
    [
      'egress[0].namespace',
      /namespace/,
      { egress: [{ to: { kind: 'namespace', namespace: 'A' }, ports: [] }] },
    ],
    ['default_options.timeouts.run', /86400 s/, { defaults: { timeouts: { run: 86_401 } } }],
    ['default_options.timeouts.queue', /whole seconds/, { defaults: { timeouts: { queue: 1.5 } } }],
    ['default_options.grace_period', /3600 s/, { defaults: { timeouts: {}, gracePeriod: 3_601 } }],
    ['default_options.ttl_after_finished', /60 s/, { defaults: { timeouts: {}, ttlAfterFinished: 59 } }],
    [
      'default_options.retain_until_acknowledged',
      /604800 s/,
      { defaults: { timeouts: {}, retainUntilAcknowledged: 604_801 } },
    ],
    [
      'default_options.pool',
      /none of the tenant's pools: gpu/,
      { pools: ['gpu'], defaults: { timeouts: {}, pool: 'standard' } },
    ],
    ['default_options.priority_class', /none of/, { defaults: { timeouts: {}, priorityClass: 'batch' } }],
    [
      'default_options.disruption_policy',
      /choose one/,
      { defaults: { timeouts: {}, atMostOnce: true, replaceDisrupted: true } },
    ],
  ])('%s: %s', (field, message, spec) => {
    expect(checkSpec(aSpec(spec), pools, 'spec')).toContainEqual({
      field: `spec.${field}`,
      message: expect.stringMatching(message),
    });
  });
});
