import { aJob, aPod, CONFIG_MAPS as C, JOBS as J, NAMESPACE, PODS as P } from './harness.ts';

/** One request, to be answered alike by both. */
export type Step = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  /** Everything but the words is the same: they name Go's types, or the place in a parser. */
  readonly wordedOtherwise?: boolean;
};

const S = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const M = 'application/merge-patch+json';
const JP = 'application/json-patch+json';
const AP = 'application/apply-patch+yaml';
const NP = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`;
const cm = (name: string, data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
const netpol = (rules: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'np', labels: { a: 'b' } },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...rules },
});
const SM = 'application/strategic-merge-patch+json';
const job = (parts: object) => ({ ...aJob('ok'), ...parts });

const WORDED_OTHERWISE = new Set([
  'broken',
  'array',
  'kind',
  '415',
  'mode',
  'immut template',
  'put uid',
  'list cont bad',
  'list sel bad',
]);

const rows: readonly (readonly [
  name: string,
  method: string,
  path: string,
  body?: unknown,
  type?: string,
])[] = [
  ['ns', 'POST', '/api/v1/namespaces', { metadata: { name: 'team' } }],
  ['ns again', 'POST', '/api/v1/namespaces', { metadata: { name: 'team' } }],
  ['ns bad', 'POST', '/api/v1/namespaces', { metadata: { name: 'Te.am' } }],
  ['404 job', 'GET', `${J}/x`],
  ['404 pod', 'GET', `${P}/x`],
  ['ns unknown', 'POST', '/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'c' } }],
  ['ns unknown job', 'POST', '/apis/batch/v1/namespaces/nowhere/jobs', aJob('c')],
  ['405', 'POST', `${J}/x`, {}],
  ['405 pods', 'POST', '/api/v1/pods', aPod('p')],
  ['404 path', 'GET', '/apis/nothing/v1/x'],
  ['404 path in known', 'GET', '/apis/batch/v1/nothing'],
  ['broken', 'POST', J, '{broken'],
  ['array', 'POST', J, '[]'],
  ['kind', 'POST', C, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } }],
  ['label type', 'POST', C, { metadata: { name: 'x', labels: { a: 1 } } }],
  ['ns mismatch', 'POST', C, { metadata: { name: 'x', namespace: 'other' } }],
  ['415', 'POST', J, 'x', 'text/plain'],
  ['rv on create', 'POST', C, { metadata: { name: 'x', resourceVersion: '5' } }],
  ['name', 'POST', J, aJob('No_Good')],
  ['64', 'POST', J, aJob('n'.repeat(64))],
  ['no name', 'POST', J, job({ metadata: {} })],
  ['label value', 'POST', J, aJob('ok', { metadata: { labels: { a: 'b c' } } })],
  ['label key', 'POST', J, aJob('ok', { metadata: { labels: { 'a b/c': 'b' } } })],
  ['ann key', 'POST', J, aJob('ok', { metadata: { annotations: { 'a b': '' } } })],
  ['ann size', 'POST', J, aJob('ok', { metadata: { annotations: { a: 'x'.repeat(262144) } } })],
  [
    'owner',
    'POST',
    J,
    aJob('ok', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } }),
  ],
  ['no template', 'POST', J, job({ spec: {} })],
  ['no container', 'POST', J, aJob('ok', { pod: { containers: [] } })],
  ['no image', 'POST', J, aJob('ok', { container: { image: '' } })],
  ['no restart', 'POST', J, aJob('ok', { pod: { restartPolicy: undefined } })],
  ['onfailure', 'POST', J, aJob('ok', { pod: { restartPolicy: 'OnFailure' } })],
  ['sometimes', 'POST', J, aJob('ok', { pod: { restartPolicy: 'Sometimes' } })],
  [
    'neg',
    'POST',
    J,
    aJob('ok', { spec: { activeDeadlineSeconds: -1, backoffLimit: -2, ttlSecondsAfterFinished: -3 } }),
  ],
  ['poddeadline', 'POST', J, aJob('ok', { pod: { activeDeadlineSeconds: 0 } })],
  ['grace', 'POST', J, aJob('ok', { pod: { terminationGracePeriodSeconds: -1 } })],
  ['quantity', 'POST', J, aJob('ok', { container: { resources: { limits: { cpu: '1 core' } } } })],
  [
    'req>lim',
    'POST',
    J,
    aJob('ok', { container: { resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } } }),
  ],
  ['neg q', 'POST', J, aJob('ok', { container: { resources: { limits: { cpu: '-1' } } } })],
  ['env', 'POST', J, aJob('ok', { container: { env: [{ name: 'A=B', value: '' }, { name: '' }] } })],
  [
    'env both',
    'POST',
    J,
    aJob('ok', {
      container: {
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
    }),
  ],
  ['mount', 'POST', J, aJob('ok', { container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } })],
  [
    'mount twice',
    'POST',
    J,
    aJob('ok', {
      pod: {
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'v', emptyDir: {} },
        ],
        containers: [
          {
            name: 'agent',
            image: 'x',
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'v', mountPath: '/v', subPath: '../x' },
            ],
          },
        ],
      },
    }),
  ],
  ['vol name', 'POST', J, aJob('ok', { pod: { volumes: [{ name: 'V_1', emptyDir: {} }] } })],
  [
    'two containers',
    'POST',
    J,
    aJob('ok', {
      pod: {
        containers: [
          { name: 'agent', image: 'x' },
          { name: 'agent', image: 'x' },
        ],
      },
    }),
  ],
  [
    'container name',
    'POST',
    J,
    aJob('ok', {
      pod: {
        containers: [
          { name: 'agent', image: ' x' },
          { name: 'A_', image: 'x' },
          { name: '', image: 'y' },
        ],
      },
    }),
  ],
  ['repl', 'POST', J, aJob('ok', { spec: { podReplacementPolicy: 'TerminatingOrFailed' } })],
  [
    'rule container',
    'POST',
    J,
    aJob('ok', {
      spec: {
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { containerName: 'b', operator: 'In', values: [0] } },
            { action: 'X' },
            { action: 'Ignore', onExitCodes: { operator: 'No', values: [] } },
          ],
        },
      },
    }),
  ],
  ['mode', 'POST', J, aJob('ok', { spec: { completionMode: 'Foo' } })],
  ['sa name', 'POST', J, aJob('ok', { pod: { serviceAccountName: 'A B' } })],
  [
    'template label',
    'POST',
    J,
    aJob('ok', {
      spec: {
        template: {
          metadata: { labels: { a: 'b c' }, annotations: { 'x y': '' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'x' }] },
        },
      },
    }),
  ],
  [
    'job',
    'POST',
    J,
    aJob('j', {
      spec: { suspend: true, ttlSecondsAfterFinished: 10, activeDeadlineSeconds: 50 },
      metadata: { annotations: { a: '1' } },
      pod: {
        volumes: [
          { name: 'c', configMap: { name: 'x' } },
          { name: 'e', emptyDir: { sizeLimit: '1Gi' } },
        ],
      },
      container: {
        image: 'agent:1',
        env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { limits: { cpu: '1' } },
        volumeMounts: [{ name: 'c', mountPath: '/c', readOnly: true }],
      },
    }),
  ],
  ['job again', 'POST', J, aJob('j')],
  [
    'job labels',
    'POST',
    J,
    aJob('jl', {
      spec: {
        suspend: true,
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'x' }] },
        },
      },
    }),
  ],
  ['dry', 'POST', `${J}?dryRun=All`, aJob('dry')],
  ['dry bad', 'POST', `${J}?dryRun=Some`, aJob('dry')],
  ['patch ct', 'PATCH', `${J}/j`, {}, 'application/json'],
  ['merge', 'PATCH', `${J}/j`, { metadata: { annotations: { b: '2' } } }, M],
  ['strategic', 'PATCH', `${J}/j`, { metadata: { finalizers: ['x.io/y'] } }, SM],
  [
    'json test null',
    'PATCH',
    `${J}/j`,
    [
      { op: 'test', path: '/metadata/annotations/end', value: null },
      { op: 'add', path: '/metadata/annotations/end', value: 'x' },
    ],
    JP,
  ],
  [
    'json test null again',
    'PATCH',
    `${J}/j`,
    [
      { op: 'test', path: '/metadata/annotations/end', value: null },
      { op: 'add', path: '/metadata/annotations/end', value: 'x' },
    ],
    JP,
  ],
  ['json remove missing', 'PATCH', `${J}/j`, [{ op: 'remove', path: '/metadata/annotations/nope' }], JP],
  ['json add below missing', 'PATCH', `${J}/j`, [{ op: 'add', path: '/metadata/nope/x', value: 1 }], JP],
  ['json bad', 'PATCH', `${J}/j`, { op: 'x' }, JP],
  ['json bad op', 'PATCH', `${J}/j`, [{ op: 'x', path: '/a' }], JP],
  ['json empty', 'PATCH', `${J}/j`, [], JP],
  ['merge array', 'PATCH', `${J}/j`, [1], M],
  ['merge broken', 'PATCH', `${J}/j`, '{', M],
  ['merge stale rv', 'PATCH', `${J}/j`, { metadata: { resourceVersion: '1', annotations: { z: '1' } } }, M],
  ['merge name', 'PATCH', `${J}/j`, { metadata: { name: 'k' } }, M],
  ['merge uid', 'PATCH', `${J}/j`, { metadata: { uid: 'nope' } }, M],
  ['merge 404', 'PATCH', `${J}/none`, { metadata: { annotations: { z: '1' } } }, M],
  ['immut template', 'PATCH', `${J}/j`, { spec: { template: { spec: { priorityClassName: 'x' } } } }, M],
  ['immut policy', 'PATCH', `${J}/j`, { spec: { podFailurePolicy: null } }, M],
  ['immut completions', 'PATCH', `${J}/j`, { spec: { completions: 4 } }, M],
  ['immut selector', 'PATCH', `${J}/j`, { spec: { selector: { matchLabels: { a: 'b' } } } }, M],
  ['mutable', 'PATCH', `${J}/j`, { spec: { activeDeadlineSeconds: 0, ttlSecondsAfterFinished: 7 } }, M],
  [
    'suspended node selector',
    'PATCH',
    `${J}/j`,
    { spec: { template: { spec: { nodeSelector: { a: 'b' } } } } },
    M,
  ],
  [
    'cm',
    'POST',
    C,
    { metadata: { name: 'c' }, immutable: true, data: { a: '1' }, binaryData: { b: 'aGk=' } },
  ],
  ['cm immut', 'PATCH', `${C}/c`, { data: { a: '2' } }, M],
  ['cm unimmut', 'PATCH', `${C}/c`, { immutable: false }, M],
  ['cm dup', 'POST', C, { metadata: { name: 'd' }, data: { a: '1' }, binaryData: { a: 'aGk=' } }],
  // One bad key at a time: the real server walks a map in no order.
  ['cm key', 'POST', C, { metadata: { name: 'd' }, data: { 'a/b': '1' } }],
  ['cm key with dots', 'POST', C, { metadata: { name: 'd' }, data: { '..x': '2' } }],
  ['cm big', 'POST', C, { metadata: { name: 'd' }, data: { a: 'x'.repeat(1048577) } }],
  ['cm base64', 'POST', C, { metadata: { name: 'd' }, binaryData: { a: '***' } }],
  ['cm put nomatch', 'PUT', `${C}/c`, { metadata: { name: 'zz' } }],
  ['cm put create', 'PUT', `${C}/fresh`, { metadata: { name: 'fresh' }, data: { a: 'b' } }],
  [
    'cm put stale',
    'PUT',
    `${C}/c`,
    {
      metadata: { name: 'c', resourceVersion: '1' },
      immutable: true,
      data: { a: '1' },
      binaryData: { b: 'aGk=' },
    },
  ],
  ['secret', 'POST', S, { metadata: { name: 's' }, stringData: { k: 'hush' } }],
  ['secret type', 'PATCH', `${S}/s`, { type: 'x/y' }, M],
  ['del job uid', 'DELETE', `${J}/j`, { preconditions: { uid: 'other' } }],
  [
    'empty maps',
    'POST',
    J,
    aJob('em', {
      metadata: { labels: {}, annotations: {}, finalizers: [] },
      spec: { suspend: true },
      pod: { nodeSelector: {}, tolerations: [], schedulingGates: [] },
      container: { env: [], resources: { limits: {}, requests: {} }, command: [], securityContext: {} },
    }),
  ],
  ['empty maps test', 'PATCH', `${J}/em`, [{ op: 'add', path: '/metadata/annotations/x', value: 'y' }], JP],
  [
    'put uid',
    'PUT',
    `${C}/c`,
    { metadata: { name: 'c', uid: 'other' }, immutable: true, data: { a: '1' }, binaryData: { b: 'aGk=' } },
  ],
  ['del uid', 'DELETE', `${C}/c`, { preconditions: { uid: 'other' } }],
  ['del rv', 'DELETE', `${C}/c`, { preconditions: { resourceVersion: '1' } }],
  ['del policy', 'DELETE', `${C}/c?propagationPolicy=Sideways`],
  ['apply', 'PATCH', `${C}/ap?fieldManager=a`, cm('ap', { x: '1', y: '2' }), AP],
  ['apply again', 'PATCH', `${C}/ap?fieldManager=a`, cm('ap', { x: '1', y: '2' }), AP],
  ['apply less', 'PATCH', `${C}/ap?fieldManager=a`, cm('ap', { x: '1' }), AP],
  ['apply beside', 'PATCH', `${C}/ap?fieldManager=b`, cm('ap', { x: '1', z: '3' }), AP],
  ['apply against', 'PATCH', `${C}/ap?fieldManager=b`, cm('ap', { x: '9', z: '3' }), AP],
  ['apply edited', 'PATCH', `${C}/ap?fieldManager=c`, { data: { x: '7' } }, M],
  ['apply against edit', 'PATCH', `${C}/ap?fieldManager=a`, cm('ap', { x: '1' }), AP],
  ['apply dry', 'PATCH', `${C}/ap?fieldManager=a&force=true&dryRun=All`, cm('ap', { x: '5' }), AP],
  ['apply by force', 'PATCH', `${C}/ap?fieldManager=a&force=true`, cm('ap', { x: '1' }), AP],
  ['apply drop', 'PATCH', `${C}/ap?fieldManager=b`, cm('ap', {}), AP],
  ['apply by nobody', 'PATCH', `${C}/ap`, cm('ap', { x: '1' }), AP],
  ['apply old', 'PATCH', `${C}/ap?fieldManager=a`, cm('ap', { x: '2' }, { resourceVersion: '1' }), AP],
  ['apply netpol', 'PATCH', `${NP}/np?fieldManager=a`, netpol({ ingress: [], egress: [] }), AP],
  ['edit netpol', 'PATCH', `${NP}/np?fieldManager=c`, { spec: { egress: [{}] } }, M],
  ['apply netpol edit', 'PATCH', `${NP}/np?fieldManager=a`, netpol({ ingress: [], egress: [] }), AP],
  ['force netpol', 'PATCH', `${NP}/np?fieldManager=a&force=true`, netpol({ ingress: [], egress: [] }), AP],
  ['del dry', 'DELETE', `${C}/c?dryRun=All`],
  ['del', 'DELETE', `${C}/c`],
  ['del again', 'DELETE', `${C}/c`],
  ['cm fin', 'POST', C, { metadata: { name: 'f', finalizers: ['x.io/hold'] } }],
  ['cm fin bad', 'POST', C, { metadata: { name: 'fb', finalizers: ['x y'] } }],
  ['del fin', 'DELETE', `${C}/f`],
  ['fin more', 'PATCH', `${C}/f`, { metadata: { finalizers: ['x.io/hold', 'x.io/more'] } }, M],
  ['fin go', 'PATCH', `${C}/f`, { metadata: { finalizers: null } }, M],
  ['fin gone', 'GET', `${C}/f`],
  ['list rvm', 'GET', `${C}?resourceVersionMatch=Exact`],
  ['list rvm0', 'GET', `${C}?resourceVersionMatch=Exact&resourceVersion=0`],
  ['list rvm x', 'GET', `${C}?resourceVersionMatch=Foo&resourceVersion=1`],
  ['list rv bad', 'GET', `${C}?resourceVersion=abc`],
  ['list cont bad', 'GET', `${C}?continue=abc`],
  ['list sel bad', 'GET', `${C}?labelSelector=a%20in%20x`],
  ['list field bad', 'GET', `${P}?fieldSelector=spec.priority%3D1`],
  ['list field bad2', 'GET', `${P}?fieldSelector=zzz`],
  ['list sie', 'GET', `${C}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`],
  ['list future', 'GET', `${C}?resourceVersion=99999999`],
  ['watch rvm', 'GET', `${C}?watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1`],
  ['watch sie', 'GET', `${C}?watch=1&sendInitialEvents=true`],
  ['watch rv bad', 'GET', `${C}?watch=1&resourceVersion=abc`],
  ['limit bad', 'GET', `${C}?limit=x`],
  [
    'pod',
    'POST',
    P,
    aPod('p', {
      container: { resources: { limits: { cpu: '1', memory: '1Gi' } } },
      pod: { schedulingGates: [{ name: 'x.io/gate' }], automountServiceAccountToken: false },
    }),
  ],
  [
    'pod be',
    'POST',
    P,
    aPod('p2', {
      pod: {
        schedulingGates: [{ name: 'x.io/gate' }],
        automountServiceAccountToken: false,
        activeDeadlineSeconds: 100,
      },
    }),
  ],
  [
    'pod gates add',
    'PATCH',
    `${P}/p`,
    { spec: { schedulingGates: [{ name: 'x.io/gate' }, { name: 'x.io/more' }] } },
    M,
  ],
  ['pod deadline', 'PATCH', `${P}/p`, { spec: { activeDeadlineSeconds: 100 } }, M],
  ['pod deadline longer', 'PATCH', `${P}/p`, { spec: { activeDeadlineSeconds: 101 } }, M],
  ['pod deadline none', 'PATCH', `${P}/p`, { spec: { activeDeadlineSeconds: null } }, M],
  ['pod ungate', 'PATCH', `${P}/p`, { spec: { schedulingGates: [] } }, M],
  ['pod sa', 'POST', P, aPod('p3', { pod: { serviceAccountName: 'nosuch' } })],
  [
    'pod prio',
    'POST',
    P,
    aPod('p3', { pod: { priorityClassName: 'nosuch', automountServiceAccountToken: false } }),
  ],
  [
    'pod restart',
    'POST',
    P,
    aPod('p3', { pod: { restartPolicy: 'X', automountServiceAccountToken: false } }),
  ],
  ['pod log unscheduled', 'GET', `${P}/p2/log`],
  ['pod log 404', 'GET', `${P}/p77/log`],
  ['pod log container', 'GET', `${P}/p2/log?container=zz`],
  ['pod del', 'DELETE', `${P}/p2`],
  ['job del', 'DELETE', `${J}/jl`],
  ['job del bg', 'DELETE', `${J}/j?propagationPolicy=Background`],
  [
    'prio',
    'POST',
    '/apis/scheduling.k8s.io/v1/priorityclasses',
    { metadata: { name: 'gold' }, value: 1000, globalDefault: false, description: 'x' },
  ],
  ['prio immut', 'PATCH', '/apis/scheduling.k8s.io/v1/priorityclasses/gold', { value: 5 }, M],
  [
    'quota',
    'POST',
    '/api/v1/namespaces/team/resourcequotas',
    { metadata: { name: 'q' }, spec: { hard: { pods: '1' } } },
  ],
  [
    'psa ns',
    'POST',
    '/api/v1/namespaces',
    { metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
  ],
  [
    'psa base',
    'POST',
    '/api/v1/namespaces',
    { metadata: { name: 'base', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } },
  ],
  [
    'psa pod',
    'POST',
    '/api/v1/namespaces/strict/pods?dryRun=All',
    aPod('x', { pod: { automountServiceAccountToken: false } }),
  ],
  [
    'psa pod 2',
    'POST',
    '/api/v1/namespaces/strict/pods?dryRun=All',
    aPod('x', {
      pod: {
        automountServiceAccountToken: false,
        hostNetwork: true,
        hostPID: true,
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'n', nfs: { server: 'x', path: '/' } },
        ],
        securityContext: { runAsUser: 0, runAsNonRoot: false, seccompProfile: { type: 'Unconfined' } },
        containers: [
          {
            name: 'a',
            image: 'x',
            securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } },
          },
          {
            name: 'b',
            image: 'x',
            ports: [{ containerPort: 80, hostPort: 80 }],
            securityContext: { runAsUser: 0, seccompProfile: { type: 'Unconfined' } },
          },
        ],
      },
    }),
  ],
  [
    'psa base pod',
    'POST',
    '/api/v1/namespaces/base/pods?dryRun=All',
    aPod('x', {
      pod: {
        automountServiceAccountToken: false,
        hostNetwork: true,
        volumes: [{ name: 'h', hostPath: { path: '/' } }],
        securityContext: { seccompProfile: { type: 'Unconfined' } },
        containers: [
          {
            name: 'a',
            image: 'x',
            securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } },
          },
          { name: 'b', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] },
        ],
      },
    }),
  ],
  ['ns del', 'DELETE', '/api/v1/namespaces/base'],
  [
    'ssar',
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    { spec: { resourceAttributes: { verb: 'create', resource: 'jobs' } } },
  ],
];

export const steps: readonly Step[] = rows.map(([name, method, path, body, type]) => ({
  name,
  method,
  path,
  body,
  ...(type === undefined ? {} : { type }),
  wordedOtherwise: WORDED_OTHERWISE.has(name),
}));
