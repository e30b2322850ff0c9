import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, isLoopbackHost } from '../../../src/embedded/api/guard.ts';
import { parseRoute } from '../../../src/embedded/api/route.ts';
import { findEntry } from '../../../src/embedded/kubelet/catalogue.ts';
import type { KubeObject } from '../../../src/embedded/objects.ts';
import { addQuantities, formatQuantity, parseQuantity, quantityOf } from '../../../src/embedded/quantity.ts';
import { pods } from '../../../src/embedded/registry/resources.ts';
import { parseFieldSelector } from '../../../src/embedded/selectors/fields.ts';
import { parseLabelSelector } from '../../../src/embedded/selectors/labels.ts';
import { createStore } from '../../../src/embedded/storage/store.ts';
import {
  configKey,
  dnsLabel,
  dnsSubdomain,
  envName,
  labelKey,
  labelValue,
} from '../../../src/embedded/validation/names.ts';

describe('label selectors', () => {
  const labels = { app: 'web', 'glip.io/tier': 'gold', empty: '' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=db', false],
    ['app!=db', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (db, web)', true],
    ['app in (db,cache)', false],
    ['app notin (db,cache)', true],
    ['missing notin (a)', true],
    ['app notin (web)', false],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['empty=', true],
    ['app=web,glip.io/tier in (gold,silver),!missing', true],
    ['app=web,glip.io/tier=silver', false],
    ['toString', false],
  ])('%s → %s', (text, want) => {
    expect(parseLabelSelector(text)(labels)).toBe(want);
  });
  it.each(['app=web=db', 'app in web', '=x', 'a,,b', 'app in (x'])('refuses %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(/unable to parse/);
  });
});

describe('field selectors', () => {
  const pod = {
    metadata: { name: 'p', namespace: 'n' },
    spec: {},
    status: { phase: 'Running' },
  } as unknown as KubeObject;
  it.each([
    ['metadata.name=p,metadata.namespace=n', true],
    ['metadata.name!=p', false],
    ['status.phase==Running', true],
    ['status.phase!=Failed,spec.nodeName=', true],
    ['spec.nodeName=x', false],
  ])('%s → %s', (text, want) => {
    expect(parseFieldSelector(pods, text)(pod)).toBe(want);
  });
  it('refuses a field that the resource does not offer', () => {
    expect(() => parseFieldSelector(pods, 'spec.priority=1')).toThrow(
      'field label not supported: spec.priority',
    );
  });
});

describe('quantities', () => {
  it.each([
    ['1', '1'],
    ['0.5', '500m'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1e3', '1k'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['128974848', '128974848'],
    ['12E', '12E'],
    ['0', '0'],
    ['.5', '500m'],
    ['5.', '5'],
    ['-1', '-1'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['0.5Ki', '512'],
  ])('%s is %s', (text, want) => {
    expect(formatQuantity(quantityOf(text))).toBe(want);
  });
  it.each(['', 'x', '1KB', '1 Gi', '1e', '--1', '1.2.3', null, {}])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
  it('adds exactly and keeps the first family', () => {
    expect(formatQuantity(addQuantities(quantityOf('0.1'), quantityOf('0.2')))).toBe('300m');
    expect(formatQuantity(addQuantities(quantityOf('1Gi'), quantityOf('1048576')))).toBe('1025Mi');
    expect(formatQuantity(addQuantities(quantityOf('0'), quantityOf('1Gi')))).toBe('1Gi');
  });
});

describe('names', () => {
  it.each([
    ['a subdomain', dnsSubdomain, 'a.b-c.9', 'A'],
    ['a subdomain of 253', dnsSubdomain, 'a'.repeat(253), 'a'.repeat(254)],
    ['a label', dnsLabel, 'a-b', 'a.b'],
    ['a label of 63', dnsLabel, 'a'.repeat(63), 'a'.repeat(64)],
    ['a label key', labelKey, 'example.com/My_key.1', 'example.com/'],
    ['a label key without prefix', labelKey, 'k', '/k'],
    ['a label value', labelValue, '', '-x'],
    ['a config key', configKey, 'manifest.json', 'a/b'],
    ['a config key with dots', configKey, '.a', '..a'],
    ['an environment name', envName, 'A.b-1', 'A=b'],
  ])('%s', (_name, rule, good, bad) => {
    expect(rule(good)).toEqual([]);
    expect(rule(bad)).not.toEqual([]);
  });
});

describe('routes', () => {
  it.each([
    ['/version', { kind: 'version' }],
    ['/api', { kind: 'core-versions' }],
    ['/api/v1', { kind: 'resources', group: '' }],
    ['/apis/batch', { kind: 'group', group: 'batch' }],
    ['/apis/batch/v1/', { kind: 'resources', group: 'batch' }],
    ['/api/v1/namespaces', { kind: 'collection' }],
    ['/api/v1/namespaces/n', { kind: 'object', name: 'n' }],
    ['/api/v1/namespaces/n/status', { kind: 'object', name: 'n', subresource: 'status' }],
    ['/api/v1/namespaces/n/pods', { kind: 'collection', namespace: 'n' }],
    ['/api/v1/namespaces/n/pods/p', { kind: 'object', namespace: 'n', name: 'p' }],
    ['/api/v1/namespaces/n/pods/p/log', { kind: 'object', subresource: 'log' }],
    ['/apis/batch/v1/jobs', { kind: 'collection' }],
    ['/apis/batch/v1/namespaces/n/jobs/j/status', { kind: 'object', name: 'j', subresource: 'status' }],
    ['/apis/batch/v1/jobs/j', { kind: 'missing' }],
    ['/api/v1/jobs', { kind: 'missing' }],
    ['/apis/batch/v1/namespaces/n/jobs/j/status/x', { kind: 'missing' }],
    ['/apis/apps/v1', { kind: 'unknown' }],
    ['/nothing', { kind: 'unknown' }],
  ])('%s', (path, want) => {
    expect(parseRoute(path)).toMatchObject(want);
  });
});

describe('the guard', () => {
  it.each([
    ['127.0.0.1:8080', true],
    ['localhost', true],
    ['LOCALHOST:1', true],
    ['[::1]:9', true],
    ['evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example:80', false],
    ['', false],
    [undefined, false],
  ])('Host %s → %s', (host, want) => {
    expect(isLoopbackHost(host)).toBe(want);
  });
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['::', false],
    ['127.0.0.1.example', false],
  ])('address %s → %s', (address, want) => {
    expect(isLoopbackAddress(address)).toBe(want);
  });
});

describe('the catalogue', () => {
  const entry = (name: string) => ({ command: [name] as const });
  const catalogue = {
    'reg.io:5000/a': entry('bare'),
    'reg.io:5000/a:2': entry('tagged'),
    'b@sha256:12': entry('digest'),
  };
  it.each([
    ['reg.io:5000/a:2', 'tagged'],
    ['reg.io:5000/a:3', 'bare'],
    ['reg.io:5000/a', 'bare'],
    ['reg.io:5000/a:2@sha256:99', 'tagged'],
    ['b@sha256:12', 'digest'],
    ['b@sha256:13', undefined],
    ['reg.io:5000', undefined],
    ['toString', undefined],
  ])('%s → %s', (image, want) => {
    expect(findEntry(catalogue, image)?.command[0]).toBe(want);
  });
});

describe('the store', () => {
  const object = (name: string, mark = ''): KubeObject => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '' },
    mark,
  });
  const names = (list: readonly KubeObject[] | undefined) =>
    list?.map(({ metadata, mark }) => `${metadata.name}${mark}`);

  it('shows a table as it was', () => {
    const store = createStore(100);
    store.put('t', object('b'));
    store.put('t', object('a'));
    const then = store.revision();
    store.put('t', object('a', '2'));
    store.remove('t', object('b'));
    store.put('t', object('c'));
    store.put('other', object('z'));
    expect(names(store.list('t'))).toEqual(['a2', 'c']);
    expect(names(store.listAt('t', then))).toEqual(['a', 'b']);
    expect(names(store.listAt('t', then + 2))).toEqual(['a2']);
  });

  it('forgets, and says so', () => {
    const store = createStore(5);
    for (let index = 0; index < 50; index += 1) store.put('t', object(`o${index}`));
    expect(store.listAt('t', 10)).toBeUndefined();
    expect(store.changesAfter(10)).toBeUndefined();
    expect(store.changesAfter(store.revision() - 3)).toHaveLength(3);
    expect(store.changesAfter(store.revision())).toEqual([]);
  });

  it('never gives a version twice', () => {
    const store = createStore(5);
    const versions = [
      store.put('t', object('a')),
      store.put('t', object('a')),
      store.remove('t', object('a')),
      store.put('t', object('a')),
    ];
    const numbers = versions.map(({ metadata }) => Number(metadata.resourceVersion));
    expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
  });
});
